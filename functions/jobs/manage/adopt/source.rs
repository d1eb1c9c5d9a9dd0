//! Where the database of the original is, and the snapshot of it that is read.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::{JobError, database::url_options, secrets::Secrets};
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::time::timeout;

/// How long opening the connection may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where the database of the original is, with a password that neither a log nor an answer may hold.
pub enum Source {
    /// At this URL.
    Url(SecretString),
    /// At the URL in this secret of Secrets Manager (`{"url"}`), named by its ARN.
    Secret(String),
}

/// What the secret holds.
#[derive(Deserialize)]
struct Location {
    url: SecretString,
}

/// A connection that sees the database as it is when it is opened, and cannot change it.
pub struct Original {
    pub connection: PgConnection,
    /// The server and the database, for the report.
    pub name: String,
}

impl Source {
    /// Reads the URL of a PostgreSQL database or the ARN of a secret; `None` when `text` is neither.
    pub fn parse(text: &str) -> Option<Self> {
        if ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Some(Self::Url(text.to_owned().into()));
        }
        let mut parts = text.split(':');
        let is_secret = parts.next() == Some("arn") && parts.nth(1) == Some("secretsmanager");
        is_secret.then(|| Self::Secret(text.to_owned()))
    }

    /// Connects and begins the snapshot, which `deadline` ends. Fails when the secret cannot be read, when the URL is
    /// none or asks for less protection than `DATABASE_TLS`, and when the server does not let in.
    pub async fn open(self, secrets: &Secrets, deadline: SystemTime) -> Result<Original, JobError> {
        let url = match self {
            Self::Url(url) => url,
            Self::Secret(arn) => {
                let location = secrets.current::<Location>(&arn).await;
                location.map_err(|error| failed(format_args!("The secret {error}")))?.value.url
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

/// The error of a statement that the original does not answer.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_is_a_url_or_the_arn_of_a_secret() {
        let kind = |text| match Source::parse(text) {
            Some(Source::Url(_)) => "url",
            Some(Source::Secret(_)) => "secret",
            None => "none",
        };
        for (text, expected) in [
            ("postgres://ann:secret@localhost/movies", "url"),
            ("postgresql://localhost/movies", "url"),
            ("arn:aws:secretsmanager:eu-central-1:123456789012:secret:original-AbCdEf", "secret"),
            ("arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:original-AbCdEf", "secret"),
            ("arn:aws:s3:::bucket", "none"),
            ("mysql://localhost/movies", "none"),
            ("secretsmanager", "none"),
            ("", "none"),
        ] {
            assert_eq!(kind(text), expected, "{text}");
        }
    }
}
