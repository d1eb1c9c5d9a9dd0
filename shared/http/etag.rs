//! Entity tags, for responses that caches keep and for writes that depend on what the client has read
//! ([RFC 9110, section 8.8.3](https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3)).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use headers::{ETag, IfNoneMatch};
use ring::digest::{SHA256, digest};

use super::{Error, Request};

/// Returns the strong entity tag of a body: half of its SHA-256. Fails only if a tag could not hold
/// Base64.
pub fn entity_tag(body: &[u8]) -> Result<ETag, Error> {
    strong_tag(&BASE64_URL_SAFE_NO_PAD.encode(&digest(&SHA256, body).as_ref()[..16]))
}

/// Returns the strong entity tag with this text in its quotation marks. Fails for text that no tag can hold.
pub(super) fn strong_tag(text: &str) -> Result<ETag, Error> {
    format!("\"{text}\"").parse().map_err(Error::internal)
}

/// Returns whether the client already has the body of this tag: `If-None-Match` names the tag, weak or strong, or
/// is `*` ([RFC 9110, section 13.1.2](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2)).
pub(super) fn has_current_copy(request: &Request, tag: &ETag) -> bool {
    request.typed_header().is_some_and(|known: IfNoneMatch| !known.precondition_passes(tag))
}

#[cfg(test)]
mod tests {
    use headers::IfMatch;

    use super::*;

    /// Returns whether `If-None-Match` and `If-Match` with these lines match the tag.
    fn read(lines: &[&str]) -> (bool, Option<bool>) {
        let tag = strong_tag("a").unwrap();
        let mut event = lambda_http::Request::default();
        for line in lines {
            for name in ["if-none-match", "if-match"] {
                event.headers_mut().append(name, line.parse().unwrap());
            }
        }
        let request = Request::new(event);
        let matched = request.typed_header().map(|wanted: IfMatch| wanted.precondition_passes(&tag));
        (has_current_copy(&request, &tag), matched)
    }

    #[test]
    fn matching_tag_passes_both_preconditions() {
        for lines in
            [&["\"a\""][..], &["*"], &["\"x\",\"a\""], &["\"x\" , W/\"x\", \"a\""], &["\"x\"", "\"a\""]]
        {
            assert_eq!(read(lines), (true, Some(true)), "{lines:?}");
        }
    }

    #[test]
    fn weak_tag_matches_if_none_match_only() {
        for lines in [&["W/\"a\""][..], &["\"x\", W/\"a\""], &["W/\"a\"", "\"x\""]] {
            assert_eq!(read(lines), (true, Some(false)), "{lines:?}");
        }
    }

    #[test]
    fn other_or_malformed_tag_matches_neither_precondition() {
        for line in [
            "",
            "\"x\"",
            "a",
            "'a'",
            "w/\"a\"",
            "W/a",
            "W/",
            "\"",
            "\"a",
            "a\"",
            "\"A\"",
            "\" a\"",
            "\"a b\"",
            "\"\ta\"",
            "\"x,\"a\"",
            ",,",
            "\u{e9}",
            "\"a\u{e9}\"",
            "**",
        ] {
            assert_eq!(read(&[line]), (false, Some(false)), "{line:?}");
        }
        assert_eq!(read(&[]), (false, None));
    }

    #[test]
    fn entity_tag_is_strong_and_deterministic() {
        let tag = entity_tag(b"body").unwrap();
        assert!(!tag.is_weak());
        assert_eq!(tag, entity_tag(b"body").unwrap());
        assert_ne!(tag, entity_tag(b"other body").unwrap());
    }
}
