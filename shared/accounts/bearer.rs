//! Who is asking, by the access token in the `Authorization` header.

use crate::http::{Error, Request};
use crate::jwt::{AccessKeys, Claims};

/// 401, for a request without the header.
pub const MISSING: &str = "Authorization header is missing";

/// 401, for a header that is not `Bearer` and a token.
pub const MALFORMED: &str = "Invalid Authorization header format. Expected 'Bearer <token>'";

/// Returns the claims of the request's access token, whose user and session need not exist any more: the database's
/// `authenticate` says whether they do.
///
/// Fails with the contract's 401 where the header is missing or malformed, or its token bad or expired.
pub async fn claims(request: &Request, keys: &AccessKeys) -> Result<Claims, Error> {
    let header = request.header("authorization").unwrap_or_default();
    if header.is_empty() {
        return Err(Error::Unauthorized(MISSING));
    }
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() => {
            let claims = keys.claims_of(token).await;
            let claims = claims.map_err(|refusal| Error::Unauthorized(refusal.detail()))?;
            request.identify(claims.user_id);
            Ok(claims)
        }
        _ => Err(Error::Unauthorized(MALFORMED)),
    }
}
