//! `POST accounts/password-reset/request/` and `POST accounts/reset-password/complete/`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, login, mailed_token, register},
};

const NEW_PASSWORD: &str = "AnotherPassword456#";

async fn request(app: &App, email: &str) -> Reply {
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": email })).await
}

async fn complete(app: &App, email: &str, token: &str) -> Reply {
    let body = json!({ "email": email, "token": token, "password": NEW_PASSWORD });
    app.post_json("/api/v1/accounts/reset-password/complete/", body).await
}

/// Starts the API with an active account that has requested a reset. Returns it with the token.
async fn asked() -> (App, String) {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    assert_eq!(request(&app, "ann@example.com").await.status, 200);
    let token = mailed_token(&mut app.db().await, "ann@example.com").await;
    (app, token)
}

async fn count(app: &App, table: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    query_scalar(statement).fetch_one(&mut app.db().await).await.unwrap()
}

fn refused() -> Value {
    json!({ "detail": "Invalid email or token." })
}

#[tokio::test]
async fn reset_request_hides_accounts_and_mails_only_active_users() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    register(&app, "inactive@example.com").await;
    let answer = json!({ "message": "If you are registered, you will receive an email with instructions." });
    for email in ["Ann@example.com", "inactive@example.com", "nobody@example.com"] {
        let reply = request(&app, email).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, answer.clone()));
    }
    assert_eq!(count(&app, "password_reset_tokens").await, 1);
    assert_eq!(count(&app, "mail_outbox WHERE kind = 'password_reset'").await, 1);
    let minutes_left: f64 =
        query_scalar("SELECT extract(epoch FROM expires_at - now())::float8 / 60 FROM password_reset_tokens")
            .fetch_one(&mut app.db().await)
            .await
            .unwrap();
    assert!((59.0..=60.0).contains(&minutes_left), "{minutes_left}");
}

#[tokio::test]
async fn reset_request_replaces_previous_token() {
    let (app, first) = asked().await;
    request(&app, "ann@example.com").await;
    let second = mailed_token(&mut app.db().await, "ann@example.com").await;
    assert_eq!(count(&app, "password_reset_tokens").await, 1);
    assert_ne!(first, second);
    assert_eq!(complete(&app, "ann@example.com", &second).await.status, 200);
}

#[tokio::test]
async fn reset_replaces_password_ends_sessions_and_sends_notice() {
    let (app, token) = asked().await;
    let refresh_token = login(&app, "ann@example.com", PASSWORD).await.json()["refresh_token"].clone();

    let reply = complete(&app, "Ann@Example.com", &token).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!({ "message": "Password reset successfully." }));

    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 401);
    let refresh = app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": refresh_token })).await;
    assert_eq!(
        (refresh.status.as_u16(), refresh.json()),
        (401, json!({ "detail": "Refresh token not found." }))
    );
    assert_eq!(login(&app, "ann@example.com", NEW_PASSWORD).await.status, 201);
    assert_eq!(count(&app, "mail_outbox WHERE kind = 'password_changed' AND token IS NULL").await, 1);

    let again = complete(&app, "ann@example.com", &token).await;
    assert_eq!((again.status.as_u16(), again.json()), (400, refused()));
}

#[tokio::test]
async fn wrong_reset_token_deletes_stored_token() {
    let (app, token) = asked().await;
    let reply = complete(&app, "ann@example.com", "wrong").await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
    assert_eq!(count(&app, "password_reset_tokens").await, 0);
    assert_eq!(complete(&app, "ann@example.com", &token).await.status, 400);
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);
}

#[tokio::test]
async fn expired_reset_token_is_deleted() {
    let (app, token) = asked().await;
    query("UPDATE password_reset_tokens SET expires_at = now()").execute(&mut app.db().await).await.unwrap();
    let reply = complete(&app, "ann@example.com", &token).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
    assert_eq!(count(&app, "password_reset_tokens").await, 0);
}

#[tokio::test]
async fn reset_of_inactive_user_changes_nothing() {
    let (app, token) = asked().await;
    query("UPDATE users SET is_active = false").execute(&mut app.db().await).await.unwrap();
    for token in [&*token, "wrong"] {
        let reply = complete(&app, "ann@example.com", token).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
    }
    assert_eq!(count(&app, "password_reset_tokens").await, 1);
}

#[tokio::test]
async fn invalid_password_gets_422_before_token_check() {
    let (app, token) = asked().await;
    for token in [&*token, "wrong"] {
        let body = json!({ "email": "ann@example.com", "token": token, "password": "short" });
        let reply = app.post_json("/api/v1/accounts/reset-password/complete/", body).await;
        assert_eq!(reply.status, 422);
    }
    assert_eq!(complete(&app, "ann@example.com", &token).await.status, 200);
}

#[tokio::test]
async fn concurrent_resets_with_one_token_succeed_once() {
    let (app, token) = asked().await;
    let replies = join_all((0..6).map(|_| complete(&app, "ann@example.com", &token))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.json() == refused()));
    assert_eq!(count(&app, "mail_outbox WHERE kind = 'password_changed'").await, 1);
}

#[tokio::test]
async fn concurrent_reset_and_login_leave_no_old_session() {
    for _ in 0..5 {
        let (app, token) = asked().await;
        let logins = join_all((0..4).map(|_| login(&app, "ann@example.com", PASSWORD)));
        let (reset, logins) = futures_util::join!(complete(&app, "ann@example.com", &token), logins);
        assert_eq!(reset.status, 200);
        assert!(logins.iter().all(|reply| reply.status == 201 || reply.status == 401));
        assert_eq!(count(&app, "refresh_tokens").await, 0);
    }
}

#[tokio::test]
async fn reset_token_lifetime_follows_setting() {
    let app = App::builder().env("RESET_TOKEN_MINUTES", "5").start().await;
    active(&app, "ann@example.com").await;
    request(&app, "ann@example.com").await;
    assert_eq!(count(&app, "password_reset_tokens WHERE expires_at <= now() + '5 minutes'").await, 1);
}
