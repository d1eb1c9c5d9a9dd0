//! The two kinds of tokens, as types, so that a token of one kind cannot be taken for one of the other.

use chrono::{DateTime, Utc};

use super::{
    ACCESS_LIFETIME, TokenError,
    keys::{BothKeys, KeySource, Keys},
};
use crate::{config::ConfigError, http::Error, secrets::Secrets};

static ACCESS: KeySource = KeySource {
    arn: "JWT_ACCESS_SECRET_ARN",
    variable: "SECRET_KEY_ACCESS",
    other: "SECRET_KEY_REFRESH",
    part: |BothKeys { access_key, .. }| access_key,
};

static REFRESH: KeySource = KeySource {
    arn: "JWT_REFRESH_SECRET_ARN",
    variable: "SECRET_KEY_REFRESH",
    other: "SECRET_KEY_ACCESS",
    part: |BothKeys { refresh_key, .. }| refresh_key,
};

/// The keys of access tokens, which show who is asking.
pub struct AccessKeys(Keys);

impl AccessKeys {
    /// Reads the keys from the secret `JWT_ACCESS_SECRET_ARN`, or from `SECRET_KEY_ACCESS`. Fails as [`Keys::start`]
    /// does.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Keys::start(&ACCESS, secrets).await.map(Self)
    }

    /// A new token for the user, good for ten minutes.
    pub async fn sign(&self, user_id: i64) -> Result<String, Error> {
        self.0.sign(user_id, Utc::now() + ACCESS_LIFETIME).await
    }

    /// The user that a token names. Fails as [`Keys::verify`] does.
    pub async fn verify(&self, token: &str) -> Result<i64, TokenError> {
        self.0.verify(token).await
    }

    /// The pseudonym of `text` under the key that signs.
    pub async fn pseudonym(&self, text: &str) -> String {
        self.0.pseudonym(text).await
    }
}

/// The keys of refresh tokens, which buy new access tokens.
pub struct RefreshKeys(Keys);

impl RefreshKeys {
    /// Reads the keys from the secret `JWT_REFRESH_SECRET_ARN`, or from `SECRET_KEY_REFRESH`. Fails as
    /// [`Keys::start`] does.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Keys::start(&REFRESH, secrets).await.map(Self)
    }

    /// A new token for the user, good until `expires_at`.
    pub async fn sign(&self, user_id: i64, expires_at: DateTime<Utc>) -> Result<String, Error> {
        self.0.sign(user_id, expires_at).await
    }

    /// The user that a token names. Fails as [`Keys::verify`] does.
    pub async fn verify(&self, token: &str) -> Result<i64, TokenError> {
        self.0.verify(token).await
    }
}

/// The keys of both kinds, for functions that use both. Fails, too, where the two are the same.
pub async fn access_and_refresh_keys(secrets: &Secrets) -> Result<(AccessKeys, RefreshKeys), ConfigError> {
    let (access, refresh) = tokio::try_join!(AccessKeys::start(secrets), RefreshKeys::start(secrets))?;
    access.0.check_distinct(&refresh.0).await?;
    Ok((access, refresh))
}
