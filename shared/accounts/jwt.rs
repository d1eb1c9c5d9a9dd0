//! Access and refresh tokens: JSON Web Tokens, HS256, each kind signed with a key of its own.

mod hs256;
mod keys;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, errors::ErrorKind};
pub use keys::Keys;
use serde::{Deserialize, Serialize};
use serde_json::Number;
use time::{Duration, OffsetDateTime};

use super::Token;
use crate::http::{Error, StatusCode};

/// How long an access token is good for.
const ACCESS_LIFETIME: Duration = Duration::minutes(10);

/// Which of the two kinds a token is.
#[derive(Clone, Copy)]
pub enum Kind {
    /// Shows who is asking.
    Access,
    /// Buys new access tokens.
    Refresh,
}

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
    pub fn detail(&self) -> &'static str {
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

#[derive(Serialize)]
struct NewClaims<'a> {
    user_id: i64,
    exp: i64,
    /// Makes two tokens of one user and second differ.
    jti: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    user_id: Number,
    exp: Number,
}

/// A token for the user that is good until `expires_at`.
fn sign(
    key: &EncodingKey,
    key_id: Option<&str>,
    user_id: i64,
    expires_at: OffsetDateTime,
) -> Result<String, Error> {
    hs256::install();
    let header = Header { kid: key_id.map(ToOwned::to_owned), ..Header::new(Algorithm::HS256) };
    let jti = Token::generate()?;
    let claims = NewClaims { user_id, exp: expires_at.unix_timestamp(), jti: jti.expose() };
    jsonwebtoken::encode(&header, &claims, key).map_err(Error::internal)
}

/// The `user_id` of a token that this key signed, or `None` where it did not.
///
/// The claims are judged here and not by the library, whose clock lets a token live in the second in which it
/// expires, and which reads numbers that are no integers.
fn read(token: &str, key: &DecodingKey) -> Option<Result<i64, Refusal>> {
    hs256::install();
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation.validate_aud = false;
    let claims = match jsonwebtoken::decode::<Claims>(token, key, &validation) {
        Ok(token) => token.claims,
        Err(error) if *error.kind() == ErrorKind::InvalidSignature => return None,
        Err(_) => return Some(Err(Refusal::Invalid)),
    };
    Some(judge(&claims))
}

fn judge(claims: &Claims) -> Result<i64, Refusal> {
    let now = OffsetDateTime::now_utc().unix_timestamp() as f64;
    let expires_at = claims.exp.as_f64().ok_or(Refusal::Invalid)?;
    let user_id = claims.user_id.to_string();
    if !user_id.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || (at == 0 && byte == b'-')) {
        return Err(Refusal::Invalid);
    }
    if expires_at <= now {
        return Err(Refusal::Expired);
    }
    // An id beyond 64 bits is well-formed and nobody's.
    Ok(user_id.parse().unwrap_or(i64::MAX))
}
