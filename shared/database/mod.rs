//! The connection to PostgreSQL: one for each execution environment, kept between requests.
//!
//! Lambda scales by environments and each serves one request at a time, so there is no pool. sqlx's own would
//! also ping the server after every request, a round trip that a frozen environment finishes at its next one.

mod authorities;
pub mod migrations;
mod read_error;
mod settings;
mod tls;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

pub use read_error::ReadError;
use settings::Settings;
pub use settings::url_options;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use crate::{config::ConfigError, logging::chain, secrets::Secrets};

/// How long opening a connection, or asking whether it still lives, may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a connection may rest before it is asked whether it still lives. Short enough to notice a freeze,
/// long enough that a busy function never pays for the question.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// How long after a refused login the password in the secret and the server's surely agree again.
const ROTATION_PAUSE: Duration = Duration::from_millis(300);

/// PostgreSQL, as one function sees it.
pub struct Database {
    settings: Settings,
    resting: Mutex<Option<Resting>>,
}

impl Database {
    /// Reads where the database is and opens the connection.
    ///
    /// `DATABASE_URL` wins. Otherwise `POSTGRES_HOST`, `POSTGRES_DB_PORT` (5432) and `POSTGRES_DB` say where,
    /// and the secret `DATABASE_SECRET_ARN` (`{"username", "password"}`) or `POSTGRES_USER` and
    /// `POSTGRES_PASSWORD` say as whom. `DATABASE_TLS` says how far the connection must be protected:
    /// `verify-full` where it is not set. `DATABASE_CA` may hold the certificate (PEM) of the authority that
    /// signed the server's, beside public ones and those of RDS.
    ///
    /// Fails when these are missing or malformed. A server that does not answer is only logged: every request
    /// tries again.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let database = Self { settings: Settings::read(secrets).await?, resting: Mutex::new(None) };
        match database.open().await {
            Ok(connection) => database.rest(connection),
            Err(error) => tracing::warn!(error = chain(&error), "the database does not answer yet"),
        }
        Ok(database)
    }

    /// Runs `work`, which must only read. A connection that turns out to be lost is replaced and `work`
    /// started again, once.
    ///
    /// Fails with [`ReadError::InvalidValue`] where a value passed our own reading and is none for the database,
    /// and logs a warning with the SQLSTATE. The connection is kept then, as where the server ended a statement.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T> + Clone,
    ) -> Result<T, ReadError> {
        self.read_within(Duration::MAX, work).await
    }

    /// Runs `work` as [`Self::read`] does, but waits no longer than `limit` for it, opening a connection aside.
    ///
    /// Fails with [`ReadError::Timeout`] then and closes the connection, which is in the middle of a statement.
    pub async fn read_within<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T> + Clone,
    ) -> Result<T, ReadError> {
        match self.attempt(self.take().await?, limit, work.clone()).await {
            Err(ReadError::Failed(error)) if is_lost(&error) => {
                tracing::info!(error = chain(&error), "the connection was lost; reading again on a new one");
                self.attempt(self.open().await?, limit, work).await
            }
            outcome => outcome,
        }
    }

    /// Runs `work` once, which may write: a statement or a transaction.
    ///
    /// The connection is kept where that succeeds. After an error, or where the future is dropped in the middle of a
    /// statement, its state is unknown: it closes, and the server takes back what it was doing.
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        let mut connection = self.take().await?;
        let outcome = work(&mut connection).await;
        if outcome.is_ok() {
            self.rest(connection);
        }
        outcome
    }

    /// Takes the connection for good, for work that leaves its mark on the session, such as settings and locks. It
    /// closes when it is dropped, with all that the session held.
    pub async fn session(&self) -> sqlx::Result<PgConnection> {
        self.take().await
    }

    /// What to connect with, for a session beside the kept one.
    pub fn options(&self) -> PgConnectOptions {
        self.settings.options().disable_statement_logging()
    }

    async fn attempt<T>(
        &self,
        mut connection: PgConnection,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T, ReadError> {
        // Boxed, for the request's future would hold it twice: for the first attempt and for the second.
        let work = Box::pin(work(&mut connection));
        let outcome = timeout(limit, work).await.map_err(|_| ReadError::Timeout)?;
        let outcome = outcome.map_err(ReadError::from);
        if !matches!(outcome, Err(ReadError::Failed(_))) {
            self.rest(connection);
        }
        outcome
    }

    /// The resting connection if it still lives, or else a new one.
    async fn take(&self) -> sqlx::Result<PgConnection> {
        let resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Resting { mut connection, since }) = resting {
            let trusted = since.elapsed().is_ok_and(|rest| rest < TRUSTED_FOR);
            if trusted || matches!(timeout(PATIENCE, connection.ping()).await, Ok(Ok(()))) {
                return Ok(connection);
            }
            tracing::info!("the connection did not outlive its rest");
        }
        self.open().await
    }

    /// A new connection. A password that the server refuses may have been rotated: it is fetched again, at once
    /// and after a moment, for a rotation in place changes server and secret one after the other.
    async fn open(&self) -> sqlx::Result<PgConnection> {
        let mut outcome = self.connect().await;
        for pause in [Duration::ZERO, ROTATION_PAUSE] {
            let Err(error) = &outcome else { break };
            if !is_refused(error) {
                break;
            }
            sleep(pause).await;
            match self.settings.renew().await {
                Ok(true) => outcome = self.connect().await,
                Ok(false) => break,
                Err(cause) => return Err(sqlx::Error::Configuration(Box::new(cause))),
            }
        }
        outcome
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        timeout(PATIENCE, Box::pin(self.options().connect())).await.map_err(|_| {
            sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the database did not answer"))
        })?
    }

    fn rest(&self, connection: PgConnection) {
        let resting = Resting { connection, since: SystemTime::now() };
        *self.resting.lock().unwrap_or_else(PoisonError::into_inner) = Some(resting);
    }
}

struct Resting {
    connection: PgConnection,
    since: SystemTime,
}

/// Whether `error` says that the connection is gone, and not that the statement was wrong.
///
/// Class 57P is "operator intervention": the server shuts down, restarts or ends this connection
/// (PostgreSQL manual, appendix A).
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Whether the server does not take the login (class 28, "invalid authorization specification").
fn is_refused(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code.starts_with("28"))
}
