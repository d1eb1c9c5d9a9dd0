//! Access and refresh tokens: JSON Web Tokens, HS256, each kind signed with a key of its own.

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

/// How long an access token is good for.
const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Why a token is refused.
#[derive(Debug, PartialEq)]
pub enum TokenError {
    /// Its time is over.
    Expired,
    /// It is none of ours.
    Invalid,
}

impl TokenError {
    /// The contract's sentence.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Expired => "Token has expired.",
            Self::Invalid => "Invalid token.",
        }
    }
}

/// 400, as where a token comes in the body.
impl From<TokenError> for Error {
    fn from(error: TokenError) -> Self {
        Self::Status(StatusCode::BAD_REQUEST, error.detail().into())
    }
}

#[derive(Serialize)]
struct NewClaims<'a> {
    user_id: i64,
    exp: i64,
    /// Makes two tokens of one user and second differ.
    jti: &'a str,
}

/// A token for the user that is good until `expires_at`.
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
