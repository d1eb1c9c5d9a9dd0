//! The connection to PostgreSQL: one for each execution environment, kept between requests.
//!
//! An execution environment serves one request at a time, so it needs no pool. sqlx's pool would also ping
//! the server after each request, and a frozen environment would finish that round trip during the next
//! request.

mod authorities;
pub mod migrations;
mod read_error;
mod settings;
mod tls;

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

pub use read_error::{ReadError, is_timeout};
use settings::Settings;
pub use settings::url_options;
use sqlx::{ConnectOptions, Connection as _, PgConnection, postgres::PgConnectOptions};
use tokio::time::{sleep, timeout};

use crate::{config::ConfigError, logging::error_chain, secrets::Secrets};

/// The timeout for opening a connection, and for checking that it is still open.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection may be idle before it is checked. Short enough to notice a freeze, long enough that
/// a busy function never pays for the check.
const MAX_UNCHECKED_IDLE: Duration = Duration::from_secs(1);

/// How long an in-place rotation takes at most between changing the password in the database and in the
/// secret.
const ROTATION_PAUSE: Duration = Duration::from_millis(300);

/// A function's access to PostgreSQL.
pub struct Database {
    settings: Settings,
    idle: Mutex<Option<IdleConnection>>,
}

impl Database {
    /// Reads the settings and opens the connection.
    ///
    /// `DATABASE_URL` takes precedence. Otherwise `POSTGRES_HOST`, `POSTGRES_DB_PORT` (default 5432) and
    /// `POSTGRES_DB` name the database, and the secret `DATABASE_SECRET_ARN` (`{"username", "password"}`) or
    /// `POSTGRES_USER` and `POSTGRES_PASSWORD` hold the login. `DATABASE_TLS` sets the TLS mode (default
    /// `verify-full`). `DATABASE_CA` may contain a certificate authority (PEM) to trust besides the public
    /// ones and those of RDS.
    ///
    /// Fails if these settings are missing or malformed. If the server does not respond, the function logs a
    /// warning, and every request tries again.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let database = Self { settings: Settings::read(secrets).await?, idle: Mutex::new(None) };
        match database.open().await {
            Ok(connection) => database.keep(connection),
            Err(error) => tracing::warn!(error = error_chain(&error), "the database does not answer yet"),
        }
        Ok(database)
    }

    /// Runs `work`, which reads, and writes only what may be written twice. Replaces a lost connection and runs `work`
    /// again, once.
    ///
    /// Fails with [`ReadError::InvalidValue`] if a value passed validation and the database still rejects it,
    /// and logs a warning with the SQLSTATE. Keeps the connection then, and also when the server cancelled
    /// the statement.
    pub async fn read<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T> + Clone,
    ) -> Result<T, ReadError> {
        self.read_within(Duration::MAX, work).await
    }

    /// Runs `work` as [`Self::read`] does, but for at most `limit`, not counting the time to connect.
    ///
    /// After that, fails with [`ReadError::Timeout`] and closes the connection, which is in the middle of a
    /// statement.
    pub async fn read_within<T>(
        &self,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T> + Clone,
    ) -> Result<T, ReadError> {
        match self.attempt(self.take().await?, limit, work.clone()).await {
            Err(ReadError::Failed(error)) if is_lost(&error) => {
                tracing::info!(
                    error = error_chain(&error),
                    "the connection was lost; reading again on a new one"
                );
                self.attempt(self.open().await?, limit, work).await
            }
            outcome => outcome,
        }
    }

    /// Runs `work`, which may write: one statement or one transaction. Runs it a second time if the server cancelled it to
    /// end a deadlock; the second time waits for the other transaction.
    ///
    /// Keeps the connection on success. After an error, or if the future is dropped during a statement, the
    /// state of the connection is unknown: it closes, and the server rolls back the transaction or, within a second, cancels
    /// the statement (`client_connection_check_interval` of the login).
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T> + Clone,
    ) -> sqlx::Result<T> {
        let mut is_repeated = false;
        loop {
            let mut connection = self.take().await?;
            match work.clone()(&mut connection).await {
                Ok(value) => {
                    self.keep(connection);
                    return Ok(value);
                }
                Err(error) if is_deadlock(&error) && !is_repeated => {
                    tracing::info!(error = error_chain(&error), "writing again after a deadlock");
                    is_repeated = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Returns a connection that the caller owns, for work that changes the session, such as settings and
    /// locks. Dropping it closes the session.
    pub async fn dedicated_connection(&self) -> sqlx::Result<PgConnection> {
        self.take().await
    }

    /// Closes the connection until the next use, for a function of which many environments may rest.
    pub async fn close(&self) {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(IdleConnection { connection, .. }) = idle
            && !matches!(timeout(CONNECT_TIMEOUT, connection.close()).await, Ok(Ok(())))
        {
            tracing::info!("the connection was lost before it closed");
        }
    }

    /// Returns the options for a separate connection.
    pub fn options(&self) -> PgConnectOptions {
        self.settings.options().disable_statement_logging()
    }

    async fn attempt<T>(
        &self,
        mut connection: PgConnection,
        limit: Duration,
        work: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<T>,
    ) -> Result<T, ReadError> {
        // Boxed, because the request's future would otherwise contain it twice, once for each attempt.
        let work = Box::pin(work(&mut connection));
        let outcome = timeout(limit, work).await.map_err(|_| ReadError::Timeout)?;
        let outcome = outcome.map_err(ReadError::from);
        if !matches!(outcome, Err(ReadError::Failed(_))) {
            self.keep(connection);
        }
        outcome
    }

    /// Returns the idle connection if it is still open, otherwise a new one.
    async fn take(&self) -> sqlx::Result<PgConnection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(IdleConnection { mut connection, since }) = idle {
            let trusted = since.elapsed().is_ok_and(|rest| rest < MAX_UNCHECKED_IDLE);
            if trusted || matches!(timeout(CONNECT_TIMEOUT, connection.ping()).await, Ok(Ok(()))) {
                return Ok(connection);
            }
            tracing::info!("the idle connection was lost");
        }
        self.open().await
    }

    /// Opens a new connection. If the server rejects the password, it may have been rotated: fetches it
    /// again, at once and after a pause, because an in-place rotation changes server and secret one after the
    /// other.
    async fn open(&self) -> sqlx::Result<PgConnection> {
        let mut outcome = self.connect().await;
        for pause in [Duration::ZERO, ROTATION_PAUSE] {
            let Err(error) = &outcome else { break };
            if !is_login_rejected(error) {
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
        timeout(CONNECT_TIMEOUT, Box::pin(self.options().connect())).await.map_err(|_| {
            sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, "the database did not answer"))
        })?
    }

    fn keep(&self, connection: PgConnection) {
        let idle = IdleConnection { connection, since: SystemTime::now() };
        *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(idle);
    }
}

struct IdleConnection {
    connection: PgConnection,
    since: SystemTime,
}

/// Returns whether `error` means that the connection is lost, not that the statement failed.
///
/// Class 57P is "operator intervention": the server shuts down, restarts or ends this connection (PostgreSQL
/// manual, appendix A).
fn is_lost(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| code.starts_with("57P")),
        _ => false,
    }
}

/// Returns whether the server cancelled the statement to end a deadlock (PostgreSQL manual, appendix A).
fn is_deadlock(error: &sqlx::Error) -> bool {
    const DEADLOCK_DETECTED: &str = "40P01";
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some(DEADLOCK_DETECTED)
}

/// Returns whether the server rejected the login (class 28, "invalid authorization specification").
fn is_login_rejected(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code.starts_with("28"))
}
