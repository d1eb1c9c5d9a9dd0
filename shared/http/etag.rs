//! Entity tags, for answers that caches keep and for writes that must not meet a change
//! ([RFC 9110, section 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};

use super::Request;

/// The strong entity tag of a body: half of its SHA-256, in quotation marks.
pub struct ETag(String);

impl ETag {
    /// The tag of this body.
    pub fn of(body: &[u8]) -> Self {
        Self(format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, body).as_ref()[..16])))
    }

    /// The tag as it stands in headers.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `If-None-Match` names the tag, weak or strong: the client has this body already.
    pub fn is_known_to(&self, request: &Request) -> bool {
        named(request, "if-none-match").any(|tag| tag == "*" || tag.trim_start_matches("W/") == self.0)
    }

    /// Whether `If-Match` names the tag, strong, or any.
    pub fn is_wanted_by(&self, request: &Request) -> bool {
        named(request, "if-match").any(|tag| tag == "*" || tag == self.0)
    }
}

fn named<'a>(request: &'a Request, header: &'static str) -> impl Iterator<Item = &'a str> {
    request.header_values(header).flat_map(|value| value.split(',')).map(str::trim)
}
