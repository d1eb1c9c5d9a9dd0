//! Which site's pages may call the API, in the terms of the
//! [CORS protocol](https://fetch.spec.whatwg.org/#http-cors-protocol).

use lambda_http::http::{
    HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, VARY,
    },
};

use super::{Response, no_content};
use crate::config::{self, ConfigError};

/// What a page may send beside the headers that every page may send.
const REQUEST_HEADERS: &str = "Authorization, Content-Type, If-Match, If-None-Match";

/// What a page may read beside the headers that every page may read.
const RESPONSE_HEADERS: &str = "Allow, ETag, Link, Location, Retry-After";

/// How many seconds a browser may remember the answer to a preflight: the longest that Chromium takes.
const MAX_AGE: &str = "7200";

/// The site that may call.
pub struct Cors {
    origin: HeaderValue,
}

impl Cors {
    /// Reads `CORS_ORIGIN`: `*` or an origin such as `https://movies.example.com`. `None` where it is not set.
    /// Fails for anything else, a path or a slash at the end too, since no browser would ever find it equal.
    pub fn read() -> Result<Option<Self>, ConfigError> {
        let Some(origin) = config::optional("CORS_ORIGIN") else { return Ok(None) };
        let bad =
            || ConfigError::new("CORS_ORIGIN", "must be * or an origin such as https://movies.example.com");
        if origin != "*" && !is_origin(&origin) {
            return Err(bad());
        }
        Ok(Some(Self { origin: origin.parse().map_err(|_| bad())? }))
    }

    /// The answer to a preflight on a path that takes `methods`.
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

    /// Lets the site's pages read this answer, whatever it is.
    pub fn allow_origin(&self, response: &mut Response) {
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, self.origin.clone());
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
}

/// Whether this is scheme, host and perhaps port, as browsers write an origin.
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
