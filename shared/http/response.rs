//! Responses.

use std::fmt::Arguments;

use headers::HeaderMapExt;
use lambda_http::{
    Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, LINK, LOCATION},
    },
};
use serde::Serialize;

use super::{Error, Request, entity_tag};

/// A response to the client.
pub type Response = lambda_http::Response<Body>;

/// The largest body that Lambda returns, in bytes as [`size_in_event`] counts them, minus room for headers
/// ([Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html)).
pub const MAX_BODY: usize = 6 * 1024 * 1024 - 64 * 1024;

/// How many bytes most bodies have at most, so that they need no second allocation.
const USUAL_BODY: usize = 4096;

/// Returns the size of a body in the JSON that a function returns to API Gateway: text as a string with escapes, other
/// bodies as Base64.
pub fn size_in_event(body: &Body) -> usize {
    let escaped = |byte| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..=0x1f => r"\u0000".len(),
        _ => 1,
    };
    match body {
        Body::Text(text) => text.bytes().map(escaped).sum(),
        Body::Binary(bytes) => bytes.len().div_ceil(3) * 4,
        _ => 0,
    }
}

/// Returns a response with `body` as JSON. Fails only if `body` cannot be serialized.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Error> {
    let mut json = Vec::with_capacity(USUAL_BODY);
    serde_json::to_writer(&mut json, body).map_err(Error::internal)?;
    Ok(json_text(status, String::from_utf8(json).map_err(Error::internal)?))
}

/// Returns a 204.
pub fn no_content() -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// Sets `Location` to the created row `id`, below the path that the client used, including the stage or base
/// path of API Gateway ([RFC 9110, section 10.2.2](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.2)).
/// Fails if no header can hold the path.
pub fn with_location(response: Response, request: &Request, id: i64) -> Result<Response, Error> {
    located(response, request, format_args!("{id}/"))
}

/// Sets `Location` to the path that the client used, of something that was created there. Fails if no header can hold the
/// path.
pub fn with_location_of_request(response: Response, request: &Request) -> Result<Response, Error> {
    located(response, request, format_args!(""))
}

fn located(mut response: Response, request: &Request, below: Arguments<'_>) -> Result<Response, Error> {
    let path = request.public_path().trim_end_matches('/');
    let location = HeaderValue::try_from(format!("{path}/{below}")).map_err(Error::internal)?;
    response.headers_mut().insert(LOCATION, location);
    Ok(response)
}

/// Sets `Link` to the next page of a list. `target` is relative to the request's own URL
/// ([RFC 8288](https://www.rfc-editor.org/rfc/rfc8288)). Fails if no header can hold it.
pub fn add_next_link(response: &mut Response, target: &str) -> Result<(), Error> {
    let link = HeaderValue::from_str(&format!("<{target}>; rel=\"next\"")).map_err(Error::internal)?;
    response.headers_mut().insert(LINK, link);
    Ok(())
}

/// Adds the entity tag of the body, for later writes with `If-Match`. Fails as [`entity_tag`] does.
pub fn with_etag(mut response: Response) -> Result<Response, Error> {
    let tag = entity_tag(response.body())?;
    response.headers_mut().typed_insert(tag);
    Ok(response)
}

/// Makes browsers save the response as a file
/// ([RFC 6266](https://www.rfc-editor.org/rfc/rfc6266)). `disposition` is the header's value, such as
/// `attachment; filename="account.json"`.
pub fn as_download(mut response: Response, disposition: &'static str) -> Response {
    response.headers_mut().insert(CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    response
}

/// Returns a response whose body is already JSON.
pub(super) fn json_text(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn size_in_event_is_that_of_serialized_text(text in any::<String>(), controls in "[\0-\u{1f}\"\\\\\u{7f}]*") {
            let text = text + &controls;
            let serialized = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(size_in_event(&Body::Text(text)) + 2, serialized.len());
        }
    }
}
