//! Which website may call the API from a browser
//! ([CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol)).

use lambda_http::http::{
    HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
    },
};

use super::{Response, no_content};
use crate::config::{self, ConfigError};

/// The request headers that pages may send, besides those that are always allowed.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, If-Match, If-None-Match";

/// The response headers that pages may read, besides those that are always allowed.
const RESPONSE_HEADERS: &str = "Allow, ETag, Link, Location, Retry-After";

/// How many seconds a browser may cache a preflight response: the most that Chromium accepts.
const MAX_AGE: &str = "7200";

/// The allowed origin.
pub struct Cors {
    origin: HeaderValue,
}

impl Cors {
    /// Reads `CORS_ORIGIN`: `*` or an origin such as `https://movies.example.com`. Returns `None` if it is
    /// not set. Fails for anything else, including a path or a trailing slash, because no browser sends such
    /// an origin.
    pub fn read() -> Result<Option<Self>, ConfigError> {
        let Some(origin) = config::optional("CORS_ORIGIN") else { return Ok(None) };
        let bad =
            || ConfigError::new("CORS_ORIGIN", "must be * or an origin such as https://movies.example.com");
        if origin != "*" && !is_origin(&origin) {
            return Err(bad());
        }
        Ok(Some(Self { origin: origin.parse().map_err(|_| bad())? }))
    }

    /// Returns the preflight response for a path with these `methods`.
    pub fn preflight(methods: &str) -> Response {
        let mut response = no_content();
        let headers = response.headers_mut();
        if let Ok(methods) = methods.parse() {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(REQUEST_HEADERS));
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
        response
    }

    /// Allows pages of the configured origin to read `response`.
    pub fn allow_origin(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
}

/// Returns whether `text` is a scheme, a host and an optional port, in the form in which browsers send an
/// origin.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| {
                byte.is_ascii_lowercase()
                    || byte.is_ascii_digit()
                    || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
            })
    })
}
