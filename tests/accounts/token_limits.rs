//! Rate limits on wrong tokens of activations and password resets.

use serde_json::{Value, json};
use sqlx::query_scalar;

use super::rate_limit::{advance_time, assert_too_many, limited, post_from};
use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, mailed_token, register},
};

const ANN: &str = "ann@example.com";
const COMPLETE: &str = "reset-password/complete/";

fn body(email: &str, token: &str) -> Value {
    json!({ "email": email, "token": token, "password": PASSWORD })
}

async fn try_token(app: &App, client: &str, path: &str, email: &str, token: &str) -> Reply {
    post_from(app, client, path, body(email, token)).await
}

/// Requests a reset for Ann and returns the token of its mail.
async fn reset_token(app: &App, client: &str) -> String {
    assert_eq!(post_from(app, client, "password-reset/request/", json!({ "email": ANN })).await.status, 200);
    mailed_token(&mut app.db().await, ANN).await
}

async fn stored(app: &App) -> i64 {
    query_scalar("SELECT count(*) FROM password_reset_tokens").fetch_one(&mut app.db().await).await.unwrap()
}

#[tokio::test]
async fn wrong_tokens_delete_few_reset_tokens() {
    let app = limited().start().await;
    active(&app, ANN).await;
    let mut spoilt = 0;
    let mut owners = String::new();
    for number in 0..5 {
        owners = reset_token(&app, &format!("192.0.2.{number}")).await;
        for attacker in 0..3 {
            let reply =
                try_token(&app, &format!("198.51.100.{number}{attacker}"), COMPLETE, ANN, "wrong").await;
            assert!(reply.status == 400 || reply.status == 429);
        }
        spoilt += 1 - stored(&app).await;
    }
    assert_eq!(spoilt, 1, "one wrong token in an hour deletes the stored one");
    assert_eq!(try_token(&app, "192.0.2.9", COMPLETE, ANN, &owners).await.status, 200);
}

#[tokio::test]
async fn strangers_requests_and_wrong_tokens_leave_most_mailed_tokens() {
    let app = limited().start().await;
    active(&app, ANN).await;
    let mut left = Vec::new();
    for round in 0..10 {
        let stranger = |place: i32| format!("198.51.100.{}", 10 * round + place);
        for place in 0..5 {
            let client = stranger(place);
            assert_eq!(
                post_from(&app, &client, "password-reset/request/", json!({ "email": ANN })).await.status,
                200
            );
        }
        try_token(&app, &stranger(5), COMPLETE, ANN, "wrong").await;
        left.push(stored(&app).await);
        advance_time(&app, "12 minutes").await;
    }
    assert_eq!(left, [0, 1, 1, 1, 1, 0, 1, 1, 1, 1], "four of five mails stay good");
}

#[tokio::test]
async fn rate_limited_wrong_token_keeps_stored_token() {
    let app = limited().env("TOKEN_LIMIT", "1").start().await;
    active(&app, ANN).await;
    reset_token(&app, "192.0.2.1").await;
    assert_eq!(try_token(&app, "192.0.2.1", COMPLETE, ANN, "wrong").await.status, 400);
    assert_eq!(stored(&app).await, 0, "a wrong token deletes the stored one");
    let token = reset_token(&app, "192.0.2.1").await;
    for _ in 0..3 {
        assert_too_many(&try_token(&app, "192.0.2.1", COMPLETE, ANN, "wrong").await);
    }
    assert_eq!(stored(&app).await, 1);
    assert_eq!(try_token(&app, "192.0.2.1", COMPLETE, ANN, &token).await.status, 200);
}

#[tokio::test]
async fn correct_tokens_are_never_rate_limited() {
    let settings = [("TOKEN_LIMIT", "1"), ("TOKEN_LIMIT_PER_ADDRESS", "1"), ("TOKEN_LIMIT_PER_CLIENT", "1")];
    let builder = settings.into_iter().fold(limited(), |builder, (name, value)| builder.env(name, value));
    let app = builder.start().await;
    register(&app, ANN).await;
    let token = mailed_token(&mut app.db().await, ANN).await;
    assert_eq!(try_token(&app, "192.0.2.1", "activate/", ANN, "wrong").await.status, 400);
    assert_too_many(&try_token(&app, "192.0.2.1", "activate/", ANN, "wrong").await);
    assert_eq!(try_token(&app, "192.0.2.1", "activate/", ANN, &token).await.status, 200);
    for _ in 0..3 {
        let token = reset_token(&app, "192.0.2.1").await;
        assert_eq!(try_token(&app, "192.0.2.1", COMPLETE, ANN, &token).await.status, 200);
    }
    assert_eq!(try_token(&app, "192.0.2.1", COMPLETE, ANN, "wrong").await.status, 400, "they cost nothing");
}

#[tokio::test]
async fn wrong_tokens_are_limited_by_address_and_by_client() {
    let app = limited().env("TOKEN_LIMIT_PER_CLIENT", "2").start().await;
    active(&app, ANN).await;
    for path in ["activate/", COMPLETE] {
        for email in [ANN, "nobody@example.com"] {
            for place in 0..4 {
                let reply =
                    try_token(&app, &format!("198.51.{}.{place}", email.len()), path, email, "wrong").await;
                assert_eq!(reply.status, 400, "{path} {email} {place}");
            }
            let seconds = assert_too_many(&try_token(&app, "203.0.113.1", path, email, "wrong").await);
            assert!((1..=900).contains(&seconds), "{seconds}");
        }
        for number in 0..2 {
            let email = format!("user{number}@example.com");
            assert_eq!(try_token(&app, "192.0.2.1", path, &email, "wrong").await.status, 400);
        }
        assert_too_many(&try_token(&app, "192.0.2.1", path, "user3@example.com", "wrong").await);
    }
    advance_time(&app, "30 minutes").await;
    for path in ["activate/", COMPLETE] {
        assert_eq!(try_token(&app, "192.0.2.1", path, "user3@example.com", "wrong").await.status, 400);
    }
}

#[tokio::test]
async fn mailed_token_with_surrounding_whitespace_is_accepted() {
    let app = App::start().await;
    register(&app, ANN).await;
    let token = mailed_token(&mut app.db().await, ANN).await;
    let inside = format!("{} {}", &token[..20], &token[20..]);
    assert_eq!(try_token(&app, "192.0.2.1", "activate/", ANN, &inside).await.status, 400);
    let copied = format!(" \t{token}\r\n");
    assert_eq!(try_token(&app, "192.0.2.1", "activate/", ANN, &copied).await.status, 200);
    let token = reset_token(&app, "192.0.2.1").await;
    let copied = format!("\u{a0}\n{token} ");
    assert_eq!(try_token(&app, "192.0.2.1", COMPLETE, ANN, &copied).await.status, 200);
}
