//! Rate limits of clients from which an account has logged in before.

use serde_json::json;
use sqlx::query_scalar;

use super::rate_limit::{assert_too_many, limited, login_from, post_from};
use crate::support::{
    App, Method,
    accounts::{PASSWORD, active, mailed_token, register},
};

const ANN: &str = "ann@example.com";
const WRONG: &str = "WrongPassword123!";
const NEW: &str = "AnotherPassword456#";
const HOME: &str = "192.0.2.1";

async fn count(app: &App, rows: &str) -> i64 {
    let statement = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {rows}"));
    query_scalar(statement).fetch_one(&mut app.db().await).await.unwrap()
}

#[tokio::test]
async fn guesses_from_other_clients_do_not_lock_out_known_client() {
    let app = limited().env("LOGIN_LIMIT_PER_ADDRESS", "10").start().await;
    active(&app, ANN).await;
    assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 201);
    for place in 0..10 {
        assert_eq!(login_from(&app, &format!("198.51.100.{place}"), ANN, WRONG).await.status, 401);
    }
    assert_too_many(&login_from(&app, "203.0.113.1", ANN, PASSWORD).await);
    for _ in 0..3 {
        assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 201);
    }
    assert_too_many(&login_from(&app, "203.0.113.1", ANN, PASSWORD).await);
}

#[tokio::test]
async fn known_client_is_limited_by_own_guesses() {
    let app = limited().env("LOGIN_LIMIT", "2").env("LOGIN_LIMIT_PER_CLIENT", "3").start().await;
    for email in [ANN, "bob@example.com"] {
        active(&app, email).await;
        assert_eq!(login_from(&app, HOME, email, PASSWORD).await.status, 201);
    }
    for _ in 0..2 {
        assert_eq!(login_from(&app, HOME, ANN, WRONG).await.status, 401);
    }
    assert_too_many(&login_from(&app, HOME, ANN, PASSWORD).await);
    assert_eq!(login_from(&app, HOME, "bob@example.com", WRONG).await.status, 401);
    assert_too_many(&login_from(&app, HOME, "bob@example.com", PASSWORD).await);
}

#[tokio::test]
async fn ipv6_neighbours_do_not_lock_out_known_client() {
    let app = limited().env("LOGIN_LIMIT", "1").env("LOGIN_LIMIT_PER_CLIENT", "1").start().await;
    active(&app, ANN).await;
    assert_eq!(login_from(&app, "2001:db8:0:1::1", ANN, PASSWORD).await.status, 201);
    for place in 0x10..0x40 {
        login_from(&app, &format!("2001:db8:0:{place:x}00::1"), ANN, WRONG).await;
    }
    assert_too_many(&login_from(&app, "2001:db8:0:ff00::1", ANN, PASSWORD).await);
    assert_eq!(login_from(&app, "2001:db8:0:1::2", ANN, PASSWORD).await.status, 201);
}

#[tokio::test]
async fn client_becomes_known_only_by_login() {
    let app = limited().start().await;
    register(&app, ANN).await;
    assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 403);
    active(&app, "bob@example.com").await;
    assert_eq!(login_from(&app, HOME, "bob@example.com", WRONG).await.status, 401);
    assert_eq!(login_from(&app, HOME, "nobody@example.com", WRONG).await.status, 401);
    assert_eq!(count(&app, "known_clients").await, 0);
    for _ in 0..2 {
        assert_eq!(login_from(&app, HOME, "bob@example.com", PASSWORD).await.status, 201);
    }
    assert_eq!(count(&app, "known_clients").await, 1);
    sqlx::query("DELETE FROM users").execute(&mut app.db().await).await.unwrap();
    assert_eq!(count(&app, "known_clients").await, 0);
}

#[tokio::test]
async fn account_remembers_twenty_newest_clients() {
    let app = limited().start().await;
    active(&app, ANN).await;
    for place in 0..23 {
        assert_eq!(login_from(&app, &format!("198.51.100.{place}"), ANN, PASSWORD).await.status, 201);
        // The first client logs in all the time.
        assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 201);
    }
    assert_eq!(count(&app, "known_clients").await, 20);
    let oldest = "known_clients WHERE used_at = (SELECT max(used_at) FROM known_clients)";
    let newest: Vec<u8> = query_scalar("SELECT client FROM known_clients ORDER BY used_at DESC LIMIT 1")
        .fetch_one(&mut app.db().await)
        .await
        .unwrap();
    assert_eq!((count(&app, oldest).await, newest.len()), (1, 32));
    assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 201);
    let still: Vec<u8> = query_scalar("SELECT client FROM known_clients ORDER BY used_at DESC LIMIT 1")
        .fetch_one(&mut app.db().await)
        .await
        .unwrap();
    assert_eq!(still, newest, "the account still knows its active client");
}

#[tokio::test]
async fn wrong_tokens_do_not_make_client_known() {
    let app = limited().start().await;
    active(&app, ANN).await;
    let body = json!({ "email": ANN, "token": "wrong", "password": PASSWORD });
    assert_eq!(post_from(&app, HOME, "reset-password/complete/", body).await.status, 400);
    assert_eq!(count(&app, "known_clients").await, 0);
}

/// Sets a new password for Ann from home, with the mailed token.
async fn reset(app: &App) {
    assert_eq!(post_from(app, HOME, "password-reset/request/", json!({ "email": ANN })).await.status, 200);
    let token = mailed_token(&mut app.db().await, ANN).await;
    let body = json!({ "email": ANN, "token": token, "password": NEW });
    assert_eq!(post_from(app, HOME, "reset-password/complete/", body).await.status, 200);
}

/// Changes Ann's password from home.
async fn change(app: &App) {
    let tokens = login_from(app, "192.0.2.2", ANN, PASSWORD).await.json();
    let request = app.request(Method::POST, "/api/v1/accounts/password-change/").source_ip(HOME);
    let request = request
        .header("authorization", &format!("Bearer {}", tokens["access_token"].as_str().unwrap()))
        .header("content-type", "application/json");
    let body = json!({ "old_password": PASSWORD, "new_password": NEW });
    assert_eq!(request.body(body.to_string()).send().await.status, 200);
}

#[tokio::test]
async fn new_password_forgets_clients_of_the_old_one() {
    for is_reset in [true, false] {
        let app = limited().env("LOGIN_LIMIT_PER_ADDRESS", "10").start().await;
        active(&app, ANN).await;
        assert_eq!(login_from(&app, HOME, ANN, PASSWORD).await.status, 201);
        let thief = |place: i32| format!("198.51.100.{place}");
        for place in 0..3 {
            assert_eq!(login_from(&app, &thief(place), ANN, PASSWORD).await.status, 201);
        }
        if is_reset {
            reset(&app).await
        } else {
            change(&app).await
        }
        assert_eq!(count(&app, "known_clients").await, 1, "reset: {is_reset}");

        let mut tried = 0;
        for guess in 0..15 {
            tried += u8::from(login_from(&app, &thief(guess % 3), ANN, WRONG).await.status == 401);
        }
        assert_eq!(tried, 10, "the thief counts like a stranger");
        assert_too_many(&login_from(&app, &thief(0), ANN, NEW).await);
        assert_eq!(
            login_from(&app, HOME, ANN, NEW).await.status,
            201,
            "the owner is known where the mail was read"
        );
    }
}
