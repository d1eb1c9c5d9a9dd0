//! Forged tokens, at every endpoint that accepts a token.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac::HMAC_SHA256;
use serde_json::{Value, json};

use crate::support::{
    App, Method, Reply,
    accounts::active,
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

/// Returns forged tokens of user 1, instead of one that `key` signed.
fn forgeries(key: &str) -> [(&'static str, String); 6] {
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let none = json!({ "typ": "JWT", "alg": "none" });
    let jwk = json!({ "kty": "oct", "k": BASE64_URL_SAFE_NO_PAD.encode("another key") });
    let own_key = json!({ "typ": "JWT", "alg": "HS256", "jwk": jwk });
    let exp = jwt::in_seconds(60);
    let claims = json!({ "user_id": 1, "exp": exp });
    let other = json!({ "user_id": 2, "exp": exp });
    let good = jwt::sign(&claims, key);
    let (_, signature) = good.rsplit_once('.').expect("a signature");
    [
        ("no token", "abc".into()),
        ("tampered", format!("{}.{signature}", jwt::unsigned(&header, &other))),
        ("wrong key", jwt::sign(&claims, "another key")),
        ("wrong key in the header", jwt::sign_with(HMAC_SHA256, &own_key, &claims, "another key")),
        ("alg none", format!("{}.", jwt::unsigned(&none, &claims))),
        ("user_id is text", jwt::sign(&json!({ "user_id": "1", "exp": exp }), key)),
    ]
}

#[track_caller]
fn assert_invalid(reply: &Reply, status: u16, case: &str) {
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (status, json!({ "detail": "Invalid token." })),
        "{case}"
    );
}

#[tokio::test]
async fn forged_tokens_cannot_refresh_or_log_out() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    for path in ["/api/v1/accounts/refresh/", "/api/v1/accounts/logout/"] {
        for (case, token) in forgeries(REFRESH_KEY) {
            let reply = app.post_json(path, json!({ "refresh_token": token })).await;
            assert_invalid(&reply, 400, case);
        }
    }
}

#[tokio::test]
async fn forged_tokens_cannot_authenticate() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    for (case, token) in forgeries(ACCESS_KEY) {
        let request = app.request(Method::GET, "/api/v1/accounts/me/");
        let reply = request.header("authorization", &format!("Bearer {token}")).send().await;
        assert_invalid(&reply, 401, case);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn non_string_token_gets_422() {
    let app = App::start().await;
    for token in [Value::Null, json!(1), json!(["x"])] {
        let reply = app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await;
        assert_eq!(reply.status, 422);
        assert_eq!(
            reply.json(),
            json!({ "detail": [{
                "type": "string_type",
                "loc": ["body", "refresh_token"],
                "msg": "Input should be a valid string",
                "input": "**********",
            }] })
        );
    }
}
