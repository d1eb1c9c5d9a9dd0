//! Access and refresh tokens: JSON Web Tokens with HS256, each kind signed with its own key.

mod hs256;
mod keys;
mod pseudonym;
mod token_keys;
mod unverified_token;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
pub use token_keys::{AccessKeys, RefreshKeys, access_and_refresh_keys};

use crate::http::{Error, StatusCode};
use crate::token::Token;

/// How long an access token is valid.
const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Why a token was rejected.
#[derive(Debug, PartialEq)]
pub enum TokenError {
    /// The token has expired.
    Expired,
    /// The token is malformed, or was not signed by one of the keys.
    Invalid,
}

impl TokenError {
    /// Returns the contract's sentence.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Expired => "Token has expired.",
            Self::Invalid => "Invalid token.",
        }
    }
}

/// 400, for a token in the body. A token in the `Authorization` header gets 401.
impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Status(StatusCode::BAD_REQUEST, error.detail().into())
    }
}

#[derive(Serialize)]
struct NewClaims<'a> {
    user_id: i64,
    exp: i64,
    /// A unique id, so that two tokens of one user in the same second differ.
    jti: &'a str,
}

/// Signs a token for the user, valid until `expires_at`.
fn sign(
    key: &EncodingKey,
    key_id: Option<&str>,
    user_id: i64,
    expires_at: DateTime<Utc>,
) -> Result<String, Error> {
    hs256::install();
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(Algorithm::HS256) };
    let jti = Token::generate().map_err(Error::internal)?;
    let claims = NewClaims { user_id, exp: expires_at.timestamp(), jti: jti.expose() };
    jsonwebtoken::encode(&header, &claims, key).map_err(Error::internal)
}
