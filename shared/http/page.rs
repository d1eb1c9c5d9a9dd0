//! Pages for browsers, each with a policy that lets run what the page itself holds.

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::http::{
    HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};
use ring::digest::{SHA256, digest};

use super::Asset;

/// An HTML page, compressed with gzip, and its [content security policy](https://www.w3.org/TR/CSP3/), in which
/// `{scripts}` and `{styles}` stand for the hashes of the page's inline scripts and styles.
///
/// Panics where the page or the policy, both parts of the executable, are none.
pub fn page(gzip: &'static [u8], policy: &str) -> Asset {
    let page = Asset::new("text/html; charset=utf-8", gzip);
    let content = page.content().ok().and_then(|content| String::from_utf8(content).ok());
    let content = content.expect("a page is UTF-8, compressed");
    let policy = policy
        .replace("{scripts}", &hashes(&content, "script"))
        .replace("{styles}", &hashes(&content, "style"));
    page.with_header(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).expect("a policy is ASCII"))
        // A page's address may hold what is nobody else's business.
        .with_header(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        )
}

/// The hashes of every `<tag>…</tag>` in `content`.
fn hashes(content: &str, tag: &str) -> String {
    let (start, end) = (format!("<{tag}>"), format!("</{tag}>"));
    let blocks = content.split(&start).skip(1).filter_map(|rest| rest.split_once(&end));
    let hash =
        |(block, _): (&str, &str)| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, block.as_bytes())));
    blocks.map(hash).collect::<Vec<_>>().join(" ")
}
