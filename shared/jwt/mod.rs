//! Access and refresh tokens: JSON Web Tokens with HS256, each kind signed with its own key.

mod address_hash;
mod hs256;
mod keys;
mod token_keys;
mod unverified_token;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
pub use token_keys::{AccessKeys, RefreshKeys, access_and_refresh_keys};

use crate::http::{Error, StatusCode};

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

/// Becomes the 400 for a token in the body. A token in the `Authorization` header gets 401.
impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Status(StatusCode::BAD_REQUEST, error.detail().into())
    }
}

/// What a token says, once its signature was verified.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claims {
    /// Whose token it is.
    pub user_id: i64,
    /// The session that it belongs to (`sid`).
    pub session_id: Option<i64>,
    /// When it was issued (`iat`), in seconds since 1970.
    pub issued_at: Option<i64>,
}

#[derive(Serialize)]
struct NewClaims<'a> {
    user_id: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<i64>,
    /// A unique id, so that two tokens of one user in the same second differ.
    jti: &'a str,
}

/// Signs a token with these claims.
fn sign(key: &EncodingKey, key_id: Option<&str>, claims: &NewClaims<'_>) -> Result<String, Error> {
    hs256::install();
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, key).map_err(Error::internal)
}
