//! Tokens with valid and invalid signatures, and with unexpected headers and claims.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE},
};
use ring::hmac::{HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};

use super::{dice::Dice, giants::GIANTS, json::Json, strategies::JSON, texts};
use crate::support::jwt;

/// Members of a header, as JSON.
const HEADER: [(&str, &str); 24] = [
    ("alg", r#""none""#),
    ("alg", r#""HS512""#),
    ("alg", r#""hs256""#),
    ("alg", r#""RS256""#),
    ("alg", "256"),
    ("alg", "null"),
    ("alg", r#"["HS256"]"#),
    ("typ", "null"),
    ("typ", r#""JWE""#),
    ("cty", r#""JWT""#),
    ("kid", r#""../../../dev/null""#),
    ("kid", "1"),
    ("kid", r#""' UNION SELECT 'x'--""#),
    ("jku", r#""https://example.com/jwks""#),
    ("jwk", r#"{"kty":"oct","k":"AAAA"}"#),
    ("x5u", r#""file:///etc/passwd""#),
    ("x5c", "[]"),
    ("x5c", "[1]"),
    ("crit", r#"["exp"]"#),
    ("crit", r#""exp""#),
    ("crit", "[]"),
    ("b64", "false"),
    ("zip", r#""DEF""#),
    ("enc", r#""A128GCM""#),
];

/// The names of claims.
const CLAIMS: [&str; 9] = ["user_id", "exp", "iat", "nbf", "sub", "aud", "iss", "jti", "sid"];

/// Returns a token for this user, of at most this many bytes.
pub fn forged(user: i64, key: &str, size: usize, dice: &mut Dice) -> String {
    for _ in 0..5 {
        let token = attempt(user, key, dice);
        if token.len() <= size {
            return token;
        }
    }
    "e30.e30.e30".into()
}

fn attempt(user: i64, key: &str, dice: &mut Dice) -> String {
    let mut header = Json::object(vec![("typ", Json::text("JWT")), ("alg", Json::text("HS256"))]);
    let expires_at = jwt::in_seconds(3600).to_string();
    let mut claims =
        Json::object(vec![("user_id", Json::Raw(user.to_string())), ("exp", Json::Raw(expires_at))]);
    for _ in 0..dice.within(1..=2) {
        match dice.below(5) {
            0 => {
                let (name, value) = *dice.choose(&HEADER);
                header.set(name, Json::Raw(value.into()));
            }
            1 => {
                let value = if dice.one_in(3) { texts::raw(dice) } else { texts::number(dice) };
                claims.set(dice.pick(&CLAIMS), Json::Raw(value));
            }
            2 => {
                let giant = dice.choose(&GIANTS).1(dice.within(10..=4000));
                let part = if dice.one_in(2) { &mut header } else { &mut claims };
                part.set("x", Json::Raw(giant));
            }
            _ => {
                let part = if dice.one_in(2) { &mut header } else { &mut claims };
                dice.choose(&JSON).1(part, dice);
            }
        }
    }
    let algorithm = *dice.choose(&[HMAC_SHA256, HMAC_SHA256, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512]);
    let key = if dice.one_in(8) { dice.pick(&["", "another key", "secret"]) } else { key };
    let token = jwt::sign_text(algorithm, &header.write(), &claims.write(), key);
    if dice.one_in(4) { mangled(&token, dice) } else { token }
}

/// Returns a token with damaged parts.
fn mangled(token: &str, dice: &mut Dice) -> String {
    let parts: Vec<_> = token.split('.').collect();
    match dice.below(9) {
        0 => token[..dice.below(token.len())].to_owned(),
        1 => format!("{token}."),
        2 => format!("{token}.{token}"),
        3 => format!("{}.{}.", parts[0], parts[1]),
        4 => format!("{}..{}", parts[0], parts[2]),
        5 => format!("{token}=="),
        6 => token.replace('-', "+").replace('_', "/"),
        7 => BASE64_STANDARD.encode(token),
        _ => format!("{}.{}.{}", parts[0], BASE64_URL_SAFE.encode([0xff, 0xfe]), parts[2]),
    }
}
