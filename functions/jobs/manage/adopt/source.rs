//! Connects to the database of the original.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::{JobError, config, database::url_options, secrets::Secrets};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::time::timeout;

/// How long opening the connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The variable that names the secret with the URL.
const SECRET: &str = "ADOPT_SECRET_ARN";

/// The location of the database, with a password that must not get into logs and responses.
pub enum Source {
    /// This URL.
    Url(SecretString),
    /// The URL in the secret that `ADOPT_SECRET_ARN` names (`{"url"}`).
    Secret,
}

/// The content of the secret.
#[derive(Deserialize)]
struct Location {
    url: SecretString,
}

/// A connection with one snapshot of the database, which it cannot change.
pub struct Original {
    pub connection: PgConnection,
    /// The server and the database, without the login.
    pub name: String,
}

impl Source {
    /// Reads the URL of a PostgreSQL database. Returns `None` if `text` is none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_url = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        is_url.then(|| Self::Url(text.to_owned().into()))
    }

    /// Connects and begins the snapshot. Fails if the secret cannot be read, if the URL is invalid or has a weaker mode
    /// than `DATABASE_TLS` allows, or if the server rejects the login. Statements end at `deadline`.
    pub async fn open(self, secrets: &Secrets, deadline: SystemTime) -> Result<Original, JobError> {
        let url = match self {
            Self::Url(url) => url,
            Self::Secret => {
                let arn = config::optional(SECRET).ok_or_else(|| {
                    JobError::InvalidEvent(format!("\"source\" is missing, and {SECRET} is not set."))
                })?;
                let location = secrets.current::<Location>(&arn).await;
                location.map_err(|error| failed(format_args!("{SECRET} {error}")))?.value.url
            }
        };
        let options = url_options("The URL of the original", url.expose_secret())
            .map_err(failed)?
            .application_name("manage adopt")
            .disable_statement_logging();
        let name = format!(
            "{}:{}/{}",
            options.get_host(),
            options.get_port(),
            options.get_database().unwrap_or(options.get_username()),
        );
        let connecting = timeout(PATIENCE, Box::pin(options.connect())).await;
        let mut connection = connecting
            .map_err(|_| failed(format_args!("The original at {name} does not answer")))?
            .map_err(failure)?;
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        sqlx::raw_sql(AssertSqlSafe(format!(
            "SET statement_timeout = {}; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            time_left.as_millis().clamp(1, i32::MAX as u128),
        )))
        .execute(&mut connection)
        .await
        .map_err(failure)?;
        Ok(Original { connection, name })
    }
}

/// Returns the error for a failed statement of the original.
pub fn failure(error: sqlx::Error) -> JobError {
    match error {
        sqlx::Error::Database(error) => failed(format_args!("The original refused: {}", error.message())),
        sqlx::Error::Io(error) => failed(format_args!("The original cannot be reached: {error}")),
        error => failed(format_args!("The original failed: {error}")),
    }
}

fn failed(problem: impl fmt::Display) -> JobError {
    JobError::Failed(format!("{problem}. Nothing is stored."))
}
