//! `GET accounts/me/`.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::query;

use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, login},
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

const PATH: &str = "/api/v1/accounts/me/";

async fn me(app: &App, authorization: &str) -> Reply {
    app.request(Method::GET, PATH).header("authorization", authorization).send().await
}

#[track_caller]
fn assert_error(reply: &Reply, detail: &str) {
    assert_eq!((reply.status.as_u16(), reply.json()), (401, json!({ "detail": detail })));
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
}

#[tokio::test]
async fn me_returns_user_of_access_token() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let token = login(&app, "ann@example.com", PASSWORD).await.json()["access_token"].clone();
    for scheme in ["Bearer", "bearer"] {
        let reply = me(&app, &format!("{scheme} {}", token.as_str().unwrap())).await;
        assert_eq!(reply.status, 200);
        let mut body = reply.json();
        let created_at = body.as_object_mut().unwrap().remove("created_at");
        assert_eq!(body, json!({ "id": id, "email": "ann@example.com", "group": "user", "is_active": true }));
        let Some(Value::String(created_at)) = created_at else { panic!("created_at is a string") };
        let created_at = DateTime::parse_from_rfc3339(&created_at).expect("it is an RFC 3339 time");
        assert!((Utc::now() - created_at.to_utc()).num_minutes() < 5);
    }
}

#[tokio::test]
async fn created_at_always_has_six_fraction_digits() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let token = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60) }), ACCESS_KEY);
    for (stored, written) in [
        ("2026-11-22 19:13:54+00", "2026-11-22T19:13:54.000000Z"),
        ("2026-11-22 19:13:54.5+00", "2026-11-22T19:13:54.500000Z"),
        ("2026-11-22 20:13:54.513526+01", "2026-11-22T19:13:54.513526Z"),
    ] {
        let change = query("UPDATE users SET created_at = $1::text::timestamptz").bind(stored);
        change.execute(&mut app.db().await).await.unwrap();
        assert_eq!(me(&app, &format!("Bearer {token}")).await.json()["created_at"], written);
    }
}

#[tokio::test]
async fn me_without_valid_authorization_header_gets_401() {
    let app = App::start().await;
    let format = "Invalid Authorization header format. Expected 'Bearer <token>'";
    assert_error(&app.get(PATH).await, "Authorization header is missing");
    assert_error(&me(&app, "").await, "Authorization header is missing");
    for header in ["Bearer", "Bearer ", "Basic YTpi", "token"] {
        assert_error(&me(&app, header).await, format);
    }
    assert_error(&me(&app, "Bearer é").await, "Invalid token.");
    assert_error(&me(&app, "é").await, format);
}

#[tokio::test]
async fn me_rejects_expired_refresh_and_deleted_user_tokens() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let bearer = |exp: i64, key: &str| {
        format!("Bearer {}", jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(exp) }), key))
    };
    assert_error(&me(&app, &bearer(-1, ACCESS_KEY)).await, "Token has expired.");
    assert_error(&me(&app, &bearer(60, REFRESH_KEY)).await, "Invalid token.");
    assert_eq!(me(&app, &bearer(60, ACCESS_KEY)).await.status, 200);
    query("DELETE FROM users").execute(&mut app.db().await).await.unwrap();
    assert_error(&me(&app, &bearer(60, ACCESS_KEY)).await, "Invalid token.");
}
