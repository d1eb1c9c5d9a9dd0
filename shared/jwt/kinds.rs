//! The two kinds of tokens, as types, so that a token of one kind cannot be taken for one of the other.

use chrono::{DateTime, Utc};

use super::{
    ACCESS_LIFETIME, Claims, NewClaims, Refusal,
    keys::{Both, Keys, Source},
};
use crate::{config::ConfigError, http::Error, secrets::Secrets, token::Token};

static ACCESS: Source = Source {
    arn: "JWT_ACCESS_SECRET_ARN",
    variable: "SECRET_KEY_ACCESS",
    other: "SECRET_KEY_REFRESH",
    part: |Both { access_key, .. }| access_key,
};

static REFRESH: Source = Source {
    arn: "JWT_REFRESH_SECRET_ARN",
    variable: "SECRET_KEY_REFRESH",
    other: "SECRET_KEY_ACCESS",
    part: |Both { refresh_key, .. }| refresh_key,
};

/// The keys of access tokens, which show who is asking.
pub struct AccessKeys(Keys);

impl AccessKeys {
    /// Reads the keys from the secret `JWT_ACCESS_SECRET_ARN`, or from `SECRET_KEY_ACCESS`. Fails as [`Keys::start`]
    /// does.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Keys::start(&ACCESS, secrets).await.map(Self)
    }

    /// Returns a new token for a session of the user, good for ten minutes. `issued_at` is the time of the database,
    /// in seconds since 1970.
    pub async fn token(&self, user_id: i64, session_id: i64, issued_at: i64) -> Result<String, Error> {
        let jti = Token::generate().map_err(Error::internal)?;
        let exp = (Utc::now() + ACCESS_LIFETIME).timestamp();
        let (iat, sid) = (Some(issued_at), Some(session_id));
        self.0.sign(&NewClaims { user_id, exp, iat, sid, jti: jti.expose() }).await
    }

    /// Returns the claims of a token. Fails as [`Keys::claims_of`] does.
    pub async fn claims_of(&self, token: &str) -> Result<Claims, Refusal> {
        self.0.claims_of(token).await
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

    /// Returns a new token for the user, good until `expires_at`.
    pub async fn token(&self, user_id: i64, expires_at: DateTime<Utc>) -> Result<String, Error> {
        let jti = Token::generate().map_err(Error::internal)?;
        let (exp, jti) = (expires_at.timestamp(), jti.expose());
        self.0.sign(&NewClaims { user_id, exp, iat: None, sid: None, jti }).await
    }

    /// Returns the claims of a token. Fails as [`Keys::claims_of`] does.
    pub async fn claims_of(&self, token: &str) -> Result<Claims, Refusal> {
        self.0.claims_of(token).await
    }
}

/// The keys of both kinds, for functions that use both. Fails, too, where the two are the same.
pub async fn both(secrets: &Secrets) -> Result<(AccessKeys, RefreshKeys), ConfigError> {
    let (access, refresh) = tokio::try_join!(AccessKeys::start(secrets), RefreshKeys::start(secrets))?;
    access.0.differ(&refresh.0).await?;
    Ok((access, refresh))
}
