//! Creates JSON Web Tokens, valid and invalid.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

/// Returns a token with these claims, signed with HS256.
pub fn sign(claims: &Value, key: &str) -> String {
    sign_with(hmac::HMAC_SHA256, &json!({ "typ": "JWT", "alg": "HS256" }), claims, key)
}

/// Returns a token with this header, signed with the given algorithm.
pub fn sign_with(algorithm: hmac::Algorithm, header: &Value, claims: &Value, key: &str) -> String {
    sign_text(algorithm, &header.to_string(), &claims.to_string(), key)
}

/// Returns a token whose header and claims are any text.
pub fn sign_text(algorithm: hmac::Algorithm, header: &str, claims: &str, key: &str) -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", part(header), part(claims));
    let signature = hmac::sign(&hmac::Key::new(algorithm, key.as_bytes()), message.as_bytes());
    format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// Returns a token without its signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", part(header), part(claims))
}

/// Returns the header and the claims of a token.
pub fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).expect("a part is base64url");
        serde_json::from_slice(&bytes).expect("a part is JSON")
    });
    (parts.next().expect("there is a header"), parts.next().expect("there are claims"))
}

/// Returns the time `seconds` from now, in seconds since 1970.
pub fn in_seconds(seconds: i64) -> i64 {
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().expect("it is after 1970");
    now.as_secs() as i64 + seconds
}
