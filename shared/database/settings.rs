//! The database's address and login.

use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sqlx::postgres::PgConnectOptions;

use super::tls::Tls;
use crate::{
    config::{self, ConfigError},
    secrets::{SecretError, Secrets},
};

/// The current settings. Those from a secret can be fetched again.
pub struct Settings {
    options: Mutex<PgConnectOptions>,
    secret: Option<(Secrets, String)>,
}

/// The members that every secret managed by RDS has.
#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: SecretString,
}

impl Settings {
    /// Reads the settings that [`Database::start`](super::Database::start) documents.
    pub async fn read(secrets: &Secrets) -> Result<Self, ConfigError> {
        if let Some(url) = config::optional("DATABASE_URL") {
            let options = url_options("DATABASE_URL", &url)?;
            return Ok(Self { options: Mutex::new(named(options)), secret: None });
        }
        let options = PgConnectOptions::new_without_pgpass()
            .host(&config::required("POSTGRES_HOST")?)
            .port(config::parsed("POSTGRES_DB_PORT", 5432)?)
            .database(&config::required("POSTGRES_DB")?);
        let options = Tls::read()?.apply(options)?;
        if let Some(arn) = config::optional("DATABASE_SECRET_ARN") {
            let settings = Self { options: Mutex::new(named(options)), secret: Some((secrets.clone(), arn)) };
            settings.renew().await.map_err(|error| ConfigError::new("DATABASE_SECRET_ARN", error))?;
            return Ok(settings);
        }
        let options = options
            .username(&config::required("POSTGRES_USER")?)
            .password(&config::required("POSTGRES_PASSWORD")?);
        Ok(Self { options: Mutex::new(named(options)), secret: None })
    }

    /// Returns the options to connect with.
    pub fn options(&self) -> PgConnectOptions {
        self.options.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches user name and password again. Returns false if they do not come from a secret.
    pub async fn renew(&self) -> Result<bool, SecretError> {
        let Some((secrets, arn)) = &self.secret else { return Ok(false) };
        let credentials = secrets.current::<Credentials>(arn).await?.value;
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        *options =
            options.clone().username(&credentials.username).password(credentials.password.expose_secret());
        Ok(true)
    }
}

/// Parses the connection URL of `variable`
/// ([PostgreSQL manual, section 32.1.1.2](https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNSTRING-URIS)),
/// and applies `DATABASE_TLS`. The error does not contain the URL.
pub fn url_options(variable: &'static str, url: &str) -> Result<PgConnectOptions, ConfigError> {
    // sqlx accepts any scheme and would speak PostgreSQL's protocol to any server.
    if !["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(ConfigError::new(variable, "must start with postgres:// or postgresql://"));
    }
    let options =
        url.parse().map_err(|_| ConfigError::new(variable, "is not a PostgreSQL connection URL"))?;
    Tls::read()?.apply_to_url(variable, url, options)
}

/// Names connections after the function, so that operators recognize them in `pg_stat_activity`.
fn named(options: PgConnectOptions) -> PgConnectOptions {
    options.application_name(&config::optional("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default())
}
