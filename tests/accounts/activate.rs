//! `POST accounts/activate/` and `POST accounts/activate/resend/`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, login, mailed_token, register},
};

async fn activate(app: &App, email: &str, token: &str) -> Reply {
    app.post_json("/api/v1/accounts/activate/", json!({ "email": email, "token": token })).await
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
