//! Access and refresh tokens: JSON Web Tokens, HS256, each kind signed with a key of its own.

mod hs256;
mod keys;
mod kinds;
mod pseudonym;
mod unverified;

use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
pub use kinds::{AccessKeys, RefreshKeys, both};
use serde::Serialize;

use crate::http::{Error, StatusCode};

/// How long an access token is good for.
const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Why a token is refused.
#[derive(Debug, PartialEq)]
pub enum Refusal {
    /// Its time is over.
    Expired,
    /// It is none of ours.
    Invalid,
}

impl Refusal {
    /// The contract's sentence.
    pub const fn detail(&self) -> &'static str {
        match self {
            Self::Expired => "Token has expired.",
            Self::Invalid => "Invalid token.",
        }
    }
}

/// 400, as where a token comes in the body.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(StatusCode::BAD_REQUEST, refusal.detail().into())
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
    /// Makes two tokens of one user and second differ.
    jti: &'a str,
}

/// Returns a token with these claims.
fn sign(key: &EncodingKey, key_id: Option<&str>, claims: &NewClaims<'_>) -> Result<String, Error> {
    hs256::install();
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, key).map_err(Error::internal)
}
