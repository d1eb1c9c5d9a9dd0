//! Tokens that are none of ours, wherever a token is taken.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use crate::support::{
    App, Method, Reply,
    accounts::active,
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

/// Tokens that look like one of user 1, signed with `key` where they are signed rightly at all.
fn forgeries(key: &str) -> Vec<(&'static str, String)> {
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let exp = jwt::in_seconds(60);
    let claims = json!({ "user_id": 1, "exp": exp });
    let good = jwt::sign(&claims, key);
    let signature = good.rsplit_once('.').unwrap().1;
    let none = json!({ "typ": "JWT", "alg": "none" });
    let hs512 = json!({ "typ": "JWT", "alg": "HS512" });
    let text = |part: &str| BASE64_URL_SAFE_NO_PAD.encode(part);
    vec![
        ("empty", String::new()),
        ("no token", "abc".into()),
        ("two parts", jwt::unsigned(&header, &claims)),
        ("four parts", format!("{good}.x")),
        ("not base64", "!!!.???.***".into()),
        ("not ASCII", "é.ü.ß".into()),
        ("NUL", format!("{good}\0")),
        ("not JSON", format!("{}.{}.{signature}", text("header"), text("claims"))),
        ("tampered", format!("{}.{signature}", jwt::unsigned(&header, &json!({ "user_id": 2, "exp": exp })))),
        ("wrong key", jwt::sign(&claims, "another key")),
        ("no signature", format!("{}.", jwt::unsigned(&header, &claims))),
        ("alg none", format!("{}.", jwt::unsigned(&none, &claims))),
        ("alg none, signed", jwt::sign_with(hmac::HMAC_SHA256, &none, &claims, key)),
        ("HS512", jwt::sign_with(hmac::HMAC_SHA512, &hs512, &claims, key)),
        ("HS512, called HS256", jwt::sign_with(hmac::HMAC_SHA512, &header, &claims, key)),
        ("without exp", jwt::sign(&json!({ "user_id": 1 }), key)),
        ("exp is text", jwt::sign(&json!({ "user_id": 1, "exp": exp.to_string() }), key)),
        ("exp is null", jwt::sign(&json!({ "user_id": 1, "exp": null }), key)),
        ("without user_id", jwt::sign(&json!({ "exp": exp }), key)),
        ("user_id is text", jwt::sign(&json!({ "user_id": "1", "exp": exp }), key)),
        ("user_id is a fraction", jwt::sign(&json!({ "user_id": 1.5, "exp": exp }), key)),
        ("user_id is true", jwt::sign(&json!({ "user_id": true, "exp": exp }), key)),
        ("claims are a list", jwt::sign(&json!([1]), key)),
        ("huge", "a".repeat(300_000)),
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
async fn no_forgery_refreshes_or_logs_out() {
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
async fn no_forgery_tells_who_is_asking() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let cannot_travel = ["empty", "not ASCII", "NUL"];
    for (case, token) in forgeries(ACCESS_KEY) {
        if cannot_travel.contains(&case) {
            continue;
        }
        let request = app.request(Method::GET, "/api/v1/accounts/me/");
        let reply = request.header("authorization", &format!("Bearer {token}")).send().await;
        assert_invalid(&reply, 401, case);
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_token_that_is_no_text_is_a_fault() {
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
