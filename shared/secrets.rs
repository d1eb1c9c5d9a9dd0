//! AWS Secrets Manager: passwords and keys that change without a deployment.

use std::sync::{Arc, OnceLock};

use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use serde::de::DeserializeOwned;

use crate::{aws, logging::error_chain};

/// A client that connects when it reads the first secret.
#[derive(Clone, Default)]
pub struct Secrets {
    client: Arc<OnceLock<Client>>,
}

/// Why a secret could not be read or replaced. The message never contains the secret.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Secrets Manager did not return it.
    #[error("cannot be fetched: {0}")]
    Fetch(String),
    /// Secrets Manager did not store a new value.
    #[error("cannot be replaced: {0}")]
    Replace(String),
    /// The value is not the expected JSON.
    #[error("holds no usable JSON (line {0}, column {1})")]
    Content(usize, usize),
    /// The value has invalid keys.
    #[error("holds keys that {0}")]
    Unusable(&'static str),
}

/// One version of a secret.
pub struct Version<T> {
    /// The value.
    pub value: T,
    /// The version's id.
    pub id: String,
}

impl Secrets {
    /// Returns the version of the secret with this `stage` (`AWSCURRENT`, `AWSPREVIOUS`), or `None` if there
    /// is none.
    pub async fn version<T: DeserializeOwned>(
        &self,
        arn: &str,
        stage: &str,
    ) -> Result<Option<Version<T>>, SecretError> {
        let call = self.client().get_secret_value().secret_id(arn).version_stage(stage).send();
        let found = match Box::pin(call).await {
            Ok(found) => found,
            Err(error)
                if matches!(
                    error.as_service_error(),
                    Some(GetSecretValueError::ResourceNotFoundException(_))
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(SecretError::Fetch(error_chain(&error))),
        };
        let value = serde_json::from_str(found.secret_string().unwrap_or_default())
            .map_err(|error| SecretError::Content(error.line(), error.column()))?;
        Ok(Some(Version { value, id: found.version_id().unwrap_or_default().to_owned() }))
    }

    /// Returns the current version. Fails if there is none.
    pub async fn current<T: DeserializeOwned>(&self, arn: &str) -> Result<Version<T>, SecretError> {
        let version = self.version(arn, "AWSCURRENT").await?;
        version.ok_or_else(|| SecretError::Fetch("it does not exist or has no current version".into()))
    }

    /// Stores `value` as the current version. The former current version becomes the previous one.
    pub async fn replace(&self, arn: &str, value: &str) -> Result<(), SecretError> {
        match self.client().put_secret_value().secret_id(arn).secret_string(value).send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(SecretError::Replace(error_chain(&error))),
        }
    }

    fn client(&self) -> &Client {
        self.client.get_or_init(|| Client::new(&aws::client_config("SECRETS_MANAGER")))
    }
}
