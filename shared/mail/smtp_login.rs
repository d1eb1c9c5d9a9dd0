//! The SMTP login from a secret.

use std::time::{Duration, Instant};

use lettre::transport::smtp::authentication::Credentials;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::{
    config::{self, ConfigError},
    secrets::{SecretError, Secrets},
};

/// The age at which the login is fetched again.
const MAX_AGE: Duration = Duration::from_secs(300);

/// A user name and password, from a secret that may change while the function runs.
pub(super) struct SecretLogin {
    secrets: Secrets,
    arn: String,
    loaded: Mutex<(Credentials, Instant)>,
}

/// The value of the secret.
#[derive(Deserialize)]
struct SecretValue {
    username: String,
    password: SecretString,
}

impl SecretLogin {
    /// Reads the secret that `SMTP_SECRET_ARN` names: `{"username", "password"}`. Returns `None` if the
    /// variable is not set.
    ///
    /// Fails if the secret cannot be read.
    pub(super) async fn start(secrets: &Secrets) -> Result<Option<Self>, ConfigError> {
        let Some(arn) = config::optional("SMTP_SECRET_ARN") else { return Ok(None) };
        let credentials = fetch(secrets, &arn).await;
        let credentials = credentials.map_err(|error| ConfigError::new("SMTP_SECRET_ARN", error))?;
        let loaded = Mutex::new((credentials, Instant::now()));
        Ok(Some(Self { secrets: secrets.clone(), arn, loaded }))
    }

    /// Returns the current login. Keeps the old one if it cannot be fetched again.
    pub(super) async fn credentials(&self) -> Credentials {
        let mut loaded = self.loaded.lock().await;
        if loaded.1.elapsed() >= MAX_AGE {
            match fetch(&self.secrets, &self.arn).await {
                Ok(credentials) => loaded.0 = credentials,
                Err(error) => tracing::error!(%error, "the login in SMTP_SECRET_ARN cannot be renewed"),
            }
            loaded.1 = Instant::now();
        }
        loaded.0.clone()
    }
}

async fn fetch(secrets: &Secrets, arn: &str) -> Result<Credentials, SecretError> {
    let SecretValue { username, password } = secrets.current(arn).await?.value;
    Ok(Credentials::new(username, password.expose_secret().to_owned()))
}
