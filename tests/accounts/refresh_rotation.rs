//! `POST accounts/refresh/` where it replaces the refresh token.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, login},
    jwt,
};

const EMAIL: &str = "ann@example.com";

async fn rotating() -> (App, SignedIn) {
    let app = App::builder().env("REFRESH_ROTATION", "on").start().await;
    active(&app, EMAIL).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    (app, signed_in)
}

async fn refresh(app: &App, token: &Value) -> Reply {
    app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await
}

/// The token that replaces this one.
async fn next(app: &App, token: &Value) -> Value {
    let reply = refresh(app, token).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["refresh_token"].clone()
}

/// Moves all replacements as if more than ten seconds had passed.
async fn after_the_grace_period(app: &App) {
    let age = "UPDATE refresh_tokens SET rotated_at = ARRAY(
                   SELECT at - interval '10 seconds' FROM unnest(rotated_at) AS at ORDER BY at DESC)";
    query(age).execute(&mut app.db().await).await.unwrap();
}

async fn sessions(app: &App) -> i64 {
    query_scalar("SELECT count(*) FROM refresh_tokens").fetch_one(&mut app.db().await).await.unwrap()
}

/// Asserts that a token is refused because of its reuse, which ended the session of the others.
async fn assert_reuse_ends_session(app: &App, reused: &Value, others: &[&Value], access: &SignedIn) {
    let before = sessions(app).await;
    let not_found = json!({ "detail": "Refresh token not found." });
    for token in [&[reused], others].concat() {
        let reply = refresh(app, token).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (401, not_found.clone()));
    }
    assert_eq!(access.statuses(app).await.0, 401);
    assert_eq!(sessions(app).await, before - 1);
    let logged = "a refresh token was used again after its replacement; its session has ended";
    assert_eq!(app.logs("Refresh").matches(logged).count(), 1);
}

#[tokio::test]
async fn refresh_token_is_replaced_until_the_session_ends() {
    let (app, signed_in) = rotating().await;
    let mut token = signed_in.refresh_token.clone();
    let expiry = jwt::parts(token.as_str().unwrap()).1["exp"].clone();
    for _ in 0..3 {
        let reply = refresh(&app, &token).await;
        assert_eq!(reply.status, 200);
        let body = reply.json();
        assert_eq!(body.as_object().unwrap().len(), 3, "{body}");
        assert_ne!(body["refresh_token"], token);
        token = body["refresh_token"].clone();
        let (header, claims) = jwt::parts(token.as_str().unwrap());
        assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("HS256")));
        assert_eq!((&claims["user_id"], &claims["exp"]), (&json!(1), &expiry));
        let access = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let access = SignedIn { authorization: access, refresh_token: Value::Null };
        assert_eq!(access.statuses(&app).await.0, 200);
    }
    assert_eq!(sessions(&app).await, 1);
}

#[tokio::test]
async fn simultaneous_refreshes_get_one_successor() {
    let (app, signed_in) = rotating().await;
    let mut token = signed_in.refresh_token.clone();
    for _ in 0..3 {
        let replies = join_all((0..5).map(|_| refresh(&app, &token))).await;
        assert!(replies.iter().all(|reply| reply.status == 200));
        let first = replies[0].json()["refresh_token"].clone();
        assert!(replies.iter().all(|reply| reply.json()["refresh_token"] == first));
        token = first;
    }
}

#[tokio::test]
async fn lost_response_is_repeated_for_ten_seconds() {
    let (app, signed_in) = rotating().await;
    let first = signed_in.refresh_token.clone();
    let second = next(&app, &first).await;
    assert_eq!(next(&app, &first).await, second);
    // Also when the successor was replaced in the meantime.
    let third = next(&app, &second).await;
    assert_eq!(next(&app, &first).await, second);
    assert_eq!(next(&app, &second).await, third);
    assert_ne!(next(&app, &third).await, third);
}

#[tokio::test]
async fn many_rotations_within_ten_seconds_keep_the_session() {
    let (app, signed_in) = rotating().await;
    let first = signed_in.refresh_token.clone();
    let second = next(&app, &first).await;
    let mut newest = second.clone();
    for _ in 0..11 {
        newest = next(&app, &newest).await;
    }
    assert_eq!(next(&app, &first).await, second);
    // As if there had been a hundred.
    let many = "UPDATE refresh_tokens SET rotated_at = array_fill(rotated_at[1], ARRAY[100])";
    query(many).execute(&mut app.db().await).await.unwrap();
    assert_eq!(next(&app, &newest).await, newest, "it stays until some of them are ten seconds ago");
    after_the_grace_period(&app).await;
    assert_ne!(next(&app, &newest).await, newest);
    let stored = "SELECT cardinality(rotated_at) FROM refresh_tokens";
    let stored: i32 = query_scalar(stored).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(stored, 1, "the old times are forgotten");
    assert_reuse_ends_session(&app, &first, &[&newest], &signed_in).await;
}

#[tokio::test]
async fn stolen_token_used_first_ends_with_its_session() {
    let (app, owner) = rotating().await;
    let other = SignedIn::to(&app, EMAIL).await;
    let thief = next(&app, &owner.refresh_token).await;
    after_the_grace_period(&app).await;
    let thief = next(&app, &thief).await;
    after_the_grace_period(&app).await;
    assert_reuse_ends_session(&app, &owner.refresh_token, &[&thief], &owner).await;
    assert_eq!(other.statuses(&app).await, (200, 200));
}

#[tokio::test]
async fn stolen_token_used_last_ends_the_session() {
    for generation in 0..3 {
        let (app, owner) = rotating().await;
        let mut tokens = vec![owner.refresh_token.clone()];
        for _ in 0..3 {
            let newest = next(&app, tokens.last().unwrap()).await;
            tokens.push(newest);
        }
        after_the_grace_period(&app).await;
        assert_reuse_ends_session(&app, &tokens[generation], &[&tokens[3]], &owner).await;
    }
}

#[tokio::test]
async fn replaced_token_logs_out() {
    let (app, owner) = rotating().await;
    for generation in 0..2 {
        let first = SignedIn::to(&app, EMAIL).await.refresh_token;
        let second = next(&app, &first).await;
        let third = next(&app, &second).await;
        let replaced = [&first, &second][generation];
        let body = json!({ "refresh_token": replaced });
        assert_eq!(app.post_json("/api/v1/accounts/logout/", body).await.status, 204);
        assert_eq!(refresh(&app, &third).await.status, 401);
    }
    assert_eq!(owner.statuses(&app).await, (200, 200));
}

#[tokio::test]
async fn refused_user_keeps_the_token() {
    let (app, owner) = rotating().await;
    let mut db = app.db().await;
    for (column, back) in
        [("is_active = false", "is_active = true"), ("disabled_at = now()", "disabled_at = NULL")]
    {
        let set = |change| query(sqlx::AssertSqlSafe(format!("UPDATE users SET {change}")));
        set(column).execute(&mut db).await.unwrap();
        assert_eq!(refresh(&app, &owner.refresh_token).await.status, 403);
        set(back).execute(&mut db).await.unwrap();
    }
    let rotations = "SELECT cardinality(rotated_at) FROM refresh_tokens";
    assert_eq!(query_scalar::<_, i32>(rotations).fetch_one(&mut db).await.unwrap(), 0);
    next(&app, &owner.refresh_token).await;
}

#[tokio::test]
async fn expired_and_foreign_sessions_are_answered_as_ever() {
    let (app, owner) = rotating().await;
    let second = next(&app, &owner.refresh_token).await;
    let mut db = app.db().await;
    query("UPDATE refresh_tokens SET expires_at = now()").execute(&mut db).await.unwrap();
    for token in [&owner.refresh_token, &second] {
        let reply = refresh(&app, token).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, json!({ "detail": "Token has expired." })));
    }
    let claims = json!({ "user_id": 2, "exp": jwt::in_seconds(60), "sid": 1 });
    query("UPDATE refresh_tokens SET expires_at = now() + interval '1 day'").execute(&mut db).await.unwrap();
    let foreign = jwt::sign(&claims, crate::support::app::REFRESH_KEY);
    assert_eq!(refresh(&app, &json!(foreign)).await.status, 404);
    assert_eq!(sessions(&app).await, 1);
}

#[tokio::test]
async fn rotation_can_be_switched_on_and_off() {
    let mut app = App::start().await;
    active(&app, EMAIL).await;
    let first = login(&app, EMAIL, PASSWORD).await.json()["refresh_token"].clone();
    assert!(refresh(&app, &first).await.json().get("refresh_token").is_none());

    // An app on the same database whose functions start now.
    let url = app.database().url_of(crate::support::template::Login::Accounts);
    let rotating = App::builder().env("REFRESH_ROTATION", "on").env("DATABASE_URL", &url).start().await;
    let second = next(&rotating, &first).await;
    assert_eq!(refresh(&app, &second).await.status, 200);
    assert!(refresh(&app, &second).await.json().get("refresh_token").is_none());
    assert_eq!(refresh(&app, &first).await.status, 401);
    assert_eq!(sessions(&app).await, 1);

    app = App::builder().env("REFRESH_ROTATION", "sometimes").start().await;
    assert_eq!(refresh(&app, &second).await.status, 500);
    assert!(app.logs("Refresh").contains("REFRESH_ROTATION must be on or off"));
}
