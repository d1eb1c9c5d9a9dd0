//! `POST accounts/activate/` and `POST accounts/activate/resend/`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::{common_passwords::broken, rate_limit::assert_too_many};
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, login, mailed_token, register},
    app::ACCESS_KEY,
    jwt,
};

const EMAIL: &str = "ann-smith@example.com";
const CHOSEN: &str = "AnotherPassword456#";

async fn activate(app: &App, email: &str, token: &str) -> Reply {
    app.post_json("/api/v1/accounts/activate/", json!({ "email": email, "token": token })).await
}

async fn activate_with(app: &App, email: &str, token: &str, password: Value) -> Reply {
    let body = json!({ "email": email, "token": token, "password": password });
    app.post_json("/api/v1/accounts/activate/", body).await
}

fn refused() -> Value {
    json!({ "detail": "Invalid or expired activation token." })
}

#[tokio::test]
async fn mailed_token_activates_account_once() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 403);

    let token = mailed_token(&mut app.db().await, "ann@example.com").await;
    let reply = activate(&app, "Ann@Example.com", &token).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.json(), json!({ "message": "User account activated successfully." }));
    assert_eq!(login(&app, "ann@example.com", PASSWORD).await.status, 201);

    let again = activate(&app, "ann@example.com", &token).await;
    assert_eq!((again.status.as_u16(), again.json()), (400, refused()));
}

#[tokio::test]
async fn wrong_expired_or_foreign_token_does_not_activate() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    register(&app, "bob@example.com").await;
    let mut db = app.db().await;
    let anns = mailed_token(&mut db, "ann@example.com").await;
    for (email, token) in [
        ("ann@example.com", "wrong"),
        ("ann@example.com", "with\0NUL"),
        ("ann@example.com", ""),
        ("bob@example.com", &*anns),
        ("nobody@example.com", &*anns),
    ] {
        let reply = activate(&app, email, token).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()), "{email} {token:?}");
    }
    query("UPDATE activation_tokens SET expires_at = now()").execute(&mut db).await.unwrap();
    let reply = activate(&app, "ann@example.com", &anns).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
}

#[tokio::test]
async fn already_active_error_requires_correct_token() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    let mut db = app.db().await;
    let token = mailed_token(&mut db, "ann@example.com").await;
    query("UPDATE users SET is_active = true").execute(&mut db).await.unwrap();

    let reply = activate(&app, "ann@example.com", &token).await;
    assert_eq!(reply.status, 400);
    assert_eq!(reply.json(), json!({ "detail": "User account is already active." }));
    let reply = activate(&app, "ann@example.com", "wrong").await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
}

#[tokio::test]
async fn concurrent_activations_with_one_token_succeed_once() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    let token = mailed_token(&mut app.db().await, "ann@example.com").await;
    let replies = join_all((0..6).map(|_| activate(&app, "ann@example.com", &token))).await;
    let succeeded = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(succeeded, 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.json() == refused()));
}

#[tokio::test]
async fn resend_replaces_token_and_hides_unknown_addresses() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    active(&app, "bob@example.com").await;
    let mut db = app.db().await;
    let first = mailed_token(&mut db, "ann@example.com").await;

    let answer = json!({
        "message": "If you are registered and not yet active, you will receive an email with instructions.",
    });
    for email in ["ann@example.com", "bob@example.com", "nobody@example.com"] {
        let reply = app.post_json("/api/v1/accounts/activate/resend/", json!({ "email": email })).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, answer.clone()));
    }
    let mails: Vec<i64> = query_scalar("SELECT count(*) FROM mail_outbox GROUP BY user_id ORDER BY user_id")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(mails, [2, 1], "only who is not active yet gets another mail");

    let second = mailed_token(&mut db, "ann@example.com").await;
    assert_eq!(activate(&app, "ann@example.com", &first).await.status, 400);
    assert_eq!(activate(&app, "ann@example.com", &second).await.status, 200);
}

#[tokio::test]
async fn activation_with_password_replaces_that_of_the_registration() {
    let app = App::start().await;
    register(&app, EMAIL).await;
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    let reply = activate_with(&app, EMAIL, &token, json!(CHOSEN)).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json(), json!({ "message": "User account activated successfully." }));
    let actions = "SELECT array_agg(action::text ORDER BY id) FROM events WHERE user_id = 1";
    let actions: Vec<String> = sqlx::query_scalar(actions).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(actions, ["account_registered", "account_activated", "password_changed"]);
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 401);
    assert_eq!(login(&app, EMAIL, CHOSEN).await.status, 201);

    let again = activate_with(&app, EMAIL, &token, json!(PASSWORD)).await;
    assert_eq!((again.status.as_u16(), again.json()), (400, refused()));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn invalid_password_comes_before_the_token() {
    let app = App::start().await;
    register(&app, EMAIL).await;
    for (password, rule) in [
        ("short", "Password must contain at least 8 characters."),
        ("Password1!", "Password is too common."),
        ("Ann-Smith1!", "Password must not be your email address."),
    ] {
        let reply = activate_with(&app, EMAIL, "wrong", json!(password)).await;
        let expected = json!({ "detail": [broken("password", rule)] });
        assert_eq!((reply.status.as_u16(), reply.json()), (422, expected), "{password}");
    }
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    for password in [json!(null), json!(1), json!("")] {
        assert_eq!(activate_with(&app, EMAIL, &token, password.clone()).await.status, 422, "{password}");
    }
    let reply = activate_with(&app, EMAIL, "wrong", json!(CHOSEN)).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (400, refused()));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 403);
    assert_eq!(activate(&app, EMAIL, &token).await.status, 200);
}

#[tokio::test]
async fn password_changes_nothing_on_an_active_account() {
    let app = App::start().await;
    register(&app, EMAIL).await;
    let mut db = app.db().await;
    let token = mailed_token(&mut db, EMAIL).await;
    query("UPDATE users SET is_active = true").execute(&mut db).await.unwrap();
    let reply = activate_with(&app, EMAIL, &token, json!(CHOSEN)).await;
    let expected = json!({ "detail": "User account is already active." });
    assert_eq!((reply.status.as_u16(), reply.json()), (400, expected));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 201);
}

#[tokio::test]
async fn activation_with_password_ends_what_was_begun_before() {
    let app = App::start().await;
    let id = register(&app, EMAIL).await;
    let mut db = app.db().await;
    // As of an account that was taken over.
    query(
        "WITH session AS (
             INSERT INTO refresh_tokens (token_hash, expires_at, user_id) VALUES (sha256('a'), now() + interval '1 day', $1)
         ), reset AS (
             INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
             VALUES (sha256('a'), now() + interval '1 day', $1)
         )
         INSERT INTO email_change_tokens (token_hash, expires_at, user_id, email)
         VALUES (sha256('a'), now() + interval '1 day', $1, 'eve@example.com')",
    )
    .bind(id)
    .execute(&mut db)
    .await
    .unwrap();
    let token = mailed_token(&mut db, EMAIL).await;
    assert_eq!(activate_with(&app, EMAIL, &token, json!(CHOSEN)).await.status, 200);
    let left: i64 = query_scalar(
        "SELECT (SELECT count(*) FROM refresh_tokens) + (SELECT count(*) FROM password_reset_tokens)
             + (SELECT count(*) FROM email_change_tokens) + (SELECT count(*) FROM activation_tokens)",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(left, 0);
    let old = jwt::sign(&json!({ "user_id": id, "exp": jwt::in_seconds(60) }), ACCESS_KEY);
    let me = app.request(Method::GET, "/api/v1/accounts/me/");
    assert_eq!(me.header("authorization", &format!("Bearer {old}")).send().await.status, 401);
}

#[tokio::test]
async fn of_activations_at_once_one_password_is_set() {
    let app = App::start().await;
    register(&app, EMAIL).await;
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    let passwords: Vec<_> = (0..4).map(|number| format!("AnotherPassword{number}56#")).collect();
    let activations = passwords.iter().map(|password| activate_with(&app, EMAIL, &token, json!(password)));
    let replies = join_all(activations).await;
    let won: Vec<_> = (0..4).filter(|number| replies[*number].status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.status == 400));
    assert_eq!(login(&app, EMAIL, &passwords[won[0]]).await.status, 201);
}

#[tokio::test]
async fn wrong_tokens_with_passwords_are_limited() {
    let app = App::builder().env("RATE_LIMITS", "on").env("TOKEN_LIMIT", "2").start().await;
    register(&app, EMAIL).await;
    for _ in 0..2 {
        assert_eq!(activate_with(&app, EMAIL, "wrong", json!(CHOSEN)).await.status, 400);
    }
    assert_too_many(&activate_with(&app, EMAIL, "wrong", json!(CHOSEN)).await);
    assert_eq!(activate_with(&app, EMAIL, "wrong", json!("short")).await.status, 422);
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    assert_eq!(activate_with(&app, EMAIL, &token, json!(CHOSEN)).await.status, 200);
}
