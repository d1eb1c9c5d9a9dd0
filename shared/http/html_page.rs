//! HTML pages, each with a content security policy that allows only the page's own scripts and styles.

use lambda_http::http::{
    HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};

use super::Asset;

/// Includes an HTML page that `build.rs` compressed, with its
/// [content security policy](https://www.w3.org/TR/CSP3/). In the policy, `{scripts}` and `{styles}` stand
/// for the hashes of the page's inline scripts and styles.
#[macro_export]
macro_rules! html_page {
    ($name:literal, $policy:expr) => {{
        let scripts = include_str!(concat!(env!("OUT_DIR"), "/", $name, ".scripts"));
        let styles = include_str!(concat!(env!("OUT_DIR"), "/", $name, ".styles"));
        let policy = $policy.replace("{scripts}", scripts).replace("{styles}", styles);
        $crate::http::html_page($crate::asset!("text/html; charset=utf-8", $name), policy)
    }};
}

/// Returns an HTML page with its security headers. Panics if `policy` is not ASCII; policies are constants.
pub fn html_page(asset: Asset, policy: String) -> Asset {
    asset
        .with_header(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).expect("a policy is ASCII"))
        // A page's address may contain a token, so links must not pass it on.
        .with_header(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        )
}
