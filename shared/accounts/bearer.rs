//! Authentication by the access token in the `Authorization` header.

use crate::http::{Error, Request};
use crate::jwt::AccessKeys;

/// Detail of the 401 for a request without an `Authorization` header.
pub const MISSING: &str = "Authorization header is missing";

/// Detail of the 401 for a header that is not `Bearer <token>`.
pub const MALFORMED: &str = "Invalid Authorization header format. Expected 'Bearer <token>'";

/// Returns the id of the user that the request's access token names. The user may have been deleted since.
///
/// Fails with the contract's 401 if the header is missing or malformed, or if the token is invalid or
/// expired.
pub async fn user_id(request: &Request, keys: &AccessKeys) -> Result<i64, Error> {
    let header = request.header("authorization").unwrap_or_default();
    if header.is_empty() {
        return Err(Error::Unauthorized(MISSING));
    }
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            let user_id = keys.verify(token).await;
            let user_id = user_id.map_err(|error| Error::Unauthorized(error.detail()))?;
            request.set_user_id(user_id);
            Ok(user_id)
        }
        _ => Err(Error::Unauthorized(MALFORMED)),
    }
}
