//! Authentication by the access token in the `Authorization` header.

use crate::http::{Error, Request};
use crate::jwt::{AccessKeys, Claims};

/// Detail of the 401 for a request without an `Authorization` header.
pub const MISSING: &str = "Authorization header is missing";

/// Detail of the 401 for a header that is not `Bearer <token>`.
pub const MALFORMED: &str = "Invalid Authorization header format. Expected 'Bearer <token>'";

/// Returns the claims of the request's access token. Its user or session may have ended since;
/// [`Caller::authenticate`](super::Caller::authenticate) checks that.
///
/// Fails with the contract's 401 if the header is missing or malformed, or if the token is invalid or
/// expired.
pub async fn claims(request: &Request, keys: &AccessKeys) -> Result<Claims, Error> {
    // A token of other bytes than ASCII is invalid, and not missing.
    let header = request.header_lossy("authorization").unwrap_or_default();
    if header.is_empty() {
        return Err(Error::Unauthorized(MISSING));
    }
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            let claims = keys.verify(token).await;
            let claims = claims.map_err(|error| Error::Unauthorized(error.detail()))?;
            request.set_user_id(claims.user_id);
            Ok(claims)
        }
        _ => Err(Error::Unauthorized(MALFORMED)),
    }
}
