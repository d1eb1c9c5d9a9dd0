//! `POST accounts/refresh/`.

use ring::hmac;
use serde_json::{Value, json};
use sqlx::query;

use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, login},
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

async fn refresh(app: &App, token: &Value) -> Reply {
    app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await
}

/// Starts the API with an active user who is logged in. Returns it with the user's id and refresh token.
async fn logged_in() -> (App, i64, Value) {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let token = login(&app, "ann@example.com", PASSWORD).await.json()["refresh_token"].clone();
    (app, id, token)
}

#[track_caller]
fn assert_error(reply: &Reply, status: u16, detail: &str) {
    assert_eq!((reply.status.as_u16(), reply.json()), (status, json!({ "detail": detail })));
}

#[tokio::test]
async fn stored_refresh_token_returns_access_token() {
    let (app, id, token) = logged_in().await;
    for _ in 0..2 {
        let reply = refresh(&app, &token).await;
        assert_eq!(reply.status, 200);
        let body = reply.json();
        assert_eq!(body["token_type"], "bearer");
        let (_, claims) = jwt::parts(body["access_token"].as_str().unwrap());
        assert_eq!(claims["user_id"], id);
        assert_eq!(body.as_object().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn signed_token_without_stored_row_gets_401() {
    let (app, id, _) = logged_in().await;
    let token = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60) }), REFRESH_KEY);
    assert_error(&refresh(&app, &json!(token)).await, 401, "Refresh token not found.");
}

#[tokio::test]
async fn access_token_is_rejected_as_refresh_token() {
    let (app, id, _) = logged_in().await;
    let token = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60) }), ACCESS_KEY);
    assert_error(&refresh(&app, &json!(token)).await, 400, "Invalid token.");
}

#[tokio::test]
async fn token_with_only_user_id_and_exp_is_valid() {
    let (app, id, _) = logged_in().await;
    let token = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60) }), REFRESH_KEY);
    store(&app, &token, id).await;
    assert_eq!(refresh(&app, &json!(token)).await.status, 200);
}

#[tokio::test]
async fn expired_claim_or_expired_row_gets_400() {
    let (app, id, token) = logged_in().await;
    let old = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(0) }), REFRESH_KEY);
    assert_error(&refresh(&app, &json!(old)).await, 400, "Token has expired.");
    query("UPDATE refresh_tokens SET expires_at = now()").execute(&mut app.db().await).await.unwrap();
    assert_error(&refresh(&app, &token).await, 400, "Token has expired.");
}

#[tokio::test]
async fn token_stored_for_another_user_gets_404() {
    let (app, id, _) = logged_in().await;
    for user_id in [format!("{}", id + 1), "-1".into(), "99999999999999999999".into()] {
        let header = json!({ "typ": "JWT", "alg": "HS256" }).to_string();
        let claims = format!(r#"{{"user_id":{user_id},"exp":{}}}"#, jwt::in_seconds(60));
        let token = jwt::sign_text(hmac::HMAC_SHA256, &header, &claims, REFRESH_KEY);
        store(&app, &token, id).await;
        assert_error(&refresh(&app, &json!(token)).await, 404, "User not found.");
    }
}

#[tokio::test]
async fn deleting_user_deletes_sessions() {
    let (app, _, token) = logged_in().await;
    query("DELETE FROM users").execute(&mut app.db().await).await.unwrap();
    assert_error(&refresh(&app, &token).await, 401, "Refresh token not found.");
}

#[tokio::test]
async fn stored_token_without_user_gets_404() {
    let (app, _, token) = logged_in().await;
    let mut db = app.db().await;
    // In this role PostgreSQL fires no triggers and keeps the rows that refer to the user.
    query("SET session_replication_role = replica").execute(&mut db).await.unwrap();
    query("DELETE FROM users").execute(&mut db).await.unwrap();
    assert_error(&refresh(&app, &token).await, 404, "User not found.");
}

#[tokio::test]
async fn inactive_user_refresh_gets_403() {
    let (app, _, token) = logged_in().await;
    query("UPDATE users SET is_active = false").execute(&mut app.db().await).await.unwrap();
    assert_error(&refresh(&app, &token).await, 403, "User account is not activated.");
}

#[tokio::test]
async fn refresh_token_with_whitespace_is_rejected() {
    let (app, _, token) = logged_in().await;
    let padded = format!(" {} ", token.as_str().unwrap());
    assert_error(&refresh(&app, &json!(padded)).await, 400, "Invalid token.");
}

async fn store(app: &App, token: &str, user_id: i64) {
    query(
        "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
         VALUES (sha256(convert_to($1, 'UTF8')), now() + '1 day', $2)",
    )
    .bind(token)
    .bind(user_id)
    .execute(&mut app.db().await)
    .await
    .unwrap();
}
