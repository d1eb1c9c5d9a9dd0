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

#[cfg(test)]
mod tests {
    use lambda_http::{Body, http};
    use proptest::prelude::*;

    use super::*;

    fn request(header: &str, values: &[&str]) -> Request {
        let request =
            values.iter().fold(http::Request::builder(), |request, value| request.header(header, *value));
        Request::new(request.body(Body::Empty).expect("the values are right"))
    }

    #[test]
    fn if_none_match_compares_weakly() {
        let tag = ETag::of(b"body");
        let own = tag.as_str();
        let weak = format!("W/{own}");
        let is_known = |values: &[&str]| tag.is_known_to(&request("if-none-match", values));
        for values in [
            &[own][..],
            &[&weak],
            &["*"],
            &[&format!("\"x\", {own}")],
            &[&format!("{weak} ,\"x\"")],
            &["\"x\"", own],
        ] {
            assert!(is_known(values), "{values:?}");
        }
        for values in
            [&[][..], &[""], &["\"x\""], &["W/\"x\""], &[own.trim_matches('"')], &[&own[..9]], &["**"]]
        {
            assert!(!is_known(values), "{values:?}");
        }
        assert!(!tag.is_known_to(&request("if-match", &[own])));
    }

    /// [RFC 9110, section 13.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1).
    #[test]
    fn if_match_compares_strongly() {
        let tag = ETag::of(b"body");
        let own = tag.as_str();
        let is_wanted = |values: &[&str]| tag.is_wanted_by(&request("if-match", values));
        for values in [&[own][..], &["*"], &[&format!("\"x\",{own}")], &["\"x\"", own]] {
            assert!(is_wanted(values), "{values:?}");
        }
        for values in [&[][..], &[""], &["\"x\""], &[&format!("W/{own}")], &[own.trim_matches('"')]] {
            assert!(!is_wanted(values), "{values:?}");
        }
        assert!(!tag.is_wanted_by(&request("if-none-match", &[own])));
    }

    proptest! {
        #[test]
        fn equal_bodies_alone_have_equal_tags(one: Vec<u8>, other: Vec<u8>) {
            let tag = ETag::of(&one);
            prop_assert_eq!(tag.as_str() == ETag::of(&other).as_str(), one == other);
            // Quotation marks around characters that RFC 9110 allows.
            let inner = tag.as_str().strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).unwrap_or_default();
            prop_assert_eq!(inner.len(), 22);
            prop_assert!(inner.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }
}
