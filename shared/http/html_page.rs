//! Pages for browsers, each with a policy that lets run what the page itself holds.

use lambda_http::http::{
    HeaderName, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};

use super::Asset;

/// A page that `build.rs` compressed, with its [content security policy](https://www.w3.org/TR/CSP3/), in which
/// `{scripts}` and `{styles}` stand for the hashes of the page's inline scripts and styles.
#[macro_export]
macro_rules! html_page {
    ($name:literal, $policy:expr) => {{
        let scripts = include_str!(concat!(env!("OUT_DIR"), "/", $name, ".scripts"));
        let styles = include_str!(concat!(env!("OUT_DIR"), "/", $name, ".styles"));
        let policy = $policy.replace("{scripts}", scripts).replace("{styles}", styles);
        $crate::http::html_page($crate::asset!("text/html; charset=utf-8", $name), policy)
    }};
}

/// A page with the headers that guard it. Panics where the policy, a part of the executable, is none.
pub fn html_page(asset: Asset, policy: String) -> Asset {
    asset
        .with_header(CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).expect("a policy is ASCII"))
        // A page's address may hold what is nobody else's business.
        .with_header(REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
        .with_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        )
}
