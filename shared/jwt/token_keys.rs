//! The two kinds of tokens as types, so that a token of one kind cannot be used as the other.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use super::{
    ACCESS_LIFETIME, Claims, NewClaims, TokenError,
    keys::{BothKeys, KeySource, Keys},
};
use crate::{
    config::ConfigError,
    http::Error,
    secrets::Secrets,
    token::{Token, digest},
};

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

/// The keys of access tokens, which authenticate requests.
pub struct AccessKeys(Keys);

impl AccessKeys {
    /// Reads the keys from the secret `JWT_ACCESS_SECRET_ARN`, or from `SECRET_KEY_ACCESS`. Fails as
    /// [`Keys::start`] does.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Keys::start(&ACCESS, secrets).await.map(Self)
    }

    /// Signs a token for a session of the user, valid for ten minutes. `issued_at` is the database's time in seconds
    /// since 1970.
    pub async fn sign(&self, user_id: i64, session_id: i64, issued_at: i64) -> Result<String, Error> {
        let jti = Token::generate().map_err(Error::internal)?;
        let exp = (Utc::now() + ACCESS_LIFETIME).timestamp();
        let (iat, sid) = (Some(issued_at), Some(session_id));
        self.0.sign(&NewClaims { user_id, exp, iat, sid, jti: jti.expose() }).await
    }

    /// Verifies a token and returns its claims. Fails as [`Keys::verify`] does.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.0.verify(token).await
    }

    /// Returns the hash of an email address under the current key, for the log.
    pub async fn address_hash(&self, address: &str) -> String {
        self.0.address_hash(address).await
    }
}

/// The keys of refresh tokens, which clients exchange for access tokens.
pub struct RefreshKeys(Keys);

impl RefreshKeys {
    /// Reads the keys from the secret `JWT_REFRESH_SECRET_ARN`, or from `SECRET_KEY_REFRESH`. Fails as
    /// [`Keys::start`] does.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Keys::start(&REFRESH, secrets).await.map(Self)
    }

    /// Signs a token for the user, valid until `expires_at`.
    pub async fn sign(&self, user_id: i64, expires_at: DateTime<Utc>) -> Result<String, Error> {
        let jti = Token::generate().map_err(Error::internal)?;
        let (exp, jti) = (expires_at.timestamp(), jti.expose());
        self.0.sign(&NewClaims { user_id, exp, iat: None, sid: None, jti }).await
    }

    /// Derives the token that replaces `token` in a session of the user. It is the same at every call and in every
    /// environment, whichever key is the current one, because the key that signed `token` signs it too.
    pub async fn successor(
        &self,
        token: &str,
        user_id: i64,
        session_id: i64,
        expires_at: DateTime<Utc>,
    ) -> Result<String, Error> {
        let jti = BASE64_URL_SAFE_NO_PAD.encode(digest(token));
        let (exp, sid) = (expires_at.timestamp(), Some(session_id));
        self.0.sign_like(token, &NewClaims { user_id, exp, iat: None, sid, jti: &jti }).await
    }

    /// Verifies a token and returns its claims. Fails as [`Keys::verify`] does.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.0.verify(token).await
    }
}

/// Reads the keys of both kinds, for functions that use both. Also fails if the two keys are equal.
pub async fn access_and_refresh_keys(secrets: &Secrets) -> Result<(AccessKeys, RefreshKeys), ConfigError> {
    let (access, refresh) = tokio::try_join!(AccessKeys::start(secrets), RefreshKeys::start(secrets))?;
    access.0.check_distinct(&refresh.0).await?;
    Ok((access, refresh))
}
