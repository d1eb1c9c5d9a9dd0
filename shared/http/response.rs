//! Answers in JSON.

use lambda_http::{
    Body,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
};
use serde::Serialize;

use super::Error;

/// An answer on its way to the client.
pub type Response = lambda_http::Response<Body>;

/// An answer with `body` as JSON. Fails only for a value that JSON cannot hold.
pub fn json(status: StatusCode, body: &impl Serialize) -> Result<Response, Error> {
    let body = serde_json::to_string(body).map_err(Error::internal)?;
    Ok(json_text(status, body))
}

/// 204: done, and nothing to say.
pub fn no_content() -> Response {
    let mut response = Response::new(Body::Empty);
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// An answer whose body is JSON already.
pub(super) fn json_text(status: StatusCode, body: String) -> Response {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
