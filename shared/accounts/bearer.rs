//! Who is asking, by the access token in the `Authorization` header.

use crate::http::{Error, Request};
use crate::jwt::AccessKeys;

/// 401, for a request without the header.
pub const MISSING: &str = "Authorization header is missing";

/// 401, for a header that is not `Bearer` and a token.
pub const MALFORMED: &str = "Invalid Authorization header format. Expected 'Bearer <token>'";

/// The user that the request's access token names, who need not exist any more.
///
/// Fails with the contract's 401 where the header is missing or malformed, or its token bad or expired.
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
