//! Mail that is too old, or whose token has become invalid.

use serde_json::json;
use sqlx::PgConnection;

use super::{app, assert_discreet, counts, metrics, pass_time, registration, send, smtp::Smtp, tokens, user};

async fn run(db: &mut PgConnection, statement: &'static str) {
    sqlx::query(statement).execute(db).await.unwrap();
}

/// Returns the number of mails that were given up.
async fn given_up(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(given_up_at) FROM mail_outbox").fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn mail_is_given_up_after_one_day() {
    let server = Smtp::start(|_| Box::pin(async { "451 later" })).await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@example.com", "token-1").await;
    let user = user(&mut db, "other@example.com").await;
    sqlx::query("INSERT INTO mail_outbox (kind, user_id) VALUES ('password_changed', $1)")
        .bind(user)
        .execute(&mut db)
        .await
        .unwrap();
    run(&mut db, "UPDATE mail_outbox SET created_at = now() - interval '23 hours 50 minutes'").await;
    assert_eq!(send(&app).await, counts(0, 2, 0, 2));
    assert!(metrics(&app)["OldestMailSeconds"].as_f64().unwrap() > 85_000.0);
    run(&mut db, "UPDATE mail_outbox SET created_at = now() - interval '25 hours'").await;
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(0, 0, 2, 0));
    assert_eq!((given_up(&mut db).await, tokens(&mut db).await), (2, 0));
    assert_eq!(metrics(&app)["MailsGivenUp"], json!(2));
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(0, 0, 0, 0));
    assert_eq!(server.received().len(), 2, "nothing was sent after a day");
    assert!(app.logs("SendMail").contains("given up"));
    assert_discreet(&app, &["@example.com", "token-1"]);
}

#[tokio::test]
async fn mail_older_than_one_day_gets_first_attempt() {
    let down = Smtp::start(|_| Box::pin(async { "451 later" })).await;
    let up = Smtp::accepting().await;
    for (server, answer) in [(&down, counts(0, 1, 1, 0)), (&up, counts(1, 0, 0, 0))] {
        let app = app(&server.url).start().await;
        let mut db = app.db().await;
        registration(&mut db, "reader@example.com", "token-1").await;
        run(&mut db, "UPDATE mail_outbox SET created_at = now() - interval '2 days'").await;
        assert_eq!(send(&app).await, answer);
        assert_eq!(tokens(&mut db).await, 0);
    }
}

#[tokio::test]
async fn outdated_token_is_not_mailed() {
    let server = Smtp::accepting().await;
    let reset =
        "INSERT INTO mail_outbox (kind, user_id, token) SELECT 'password_reset', id, 'token-1' FROM users";
    for statement in [
        "UPDATE activation_tokens SET expires_at = now()",
        "DELETE FROM activation_tokens",
        "UPDATE activation_tokens SET token_hash = sha256('token-2')",
        "UPDATE mail_outbox SET token = NULL",
        // A token works only for its own purpose.
        "UPDATE mail_outbox SET kind = 'password_reset'",
    ] {
        let app = app(&server.url).start().await;
        let mut db = app.db().await;
        registration(&mut db, "reader@example.com", "token-1").await;
        run(&mut db, statement).await;
        assert_eq!(send(&app).await, counts(0, 0, 1, 0), "{statement}");
        assert_eq!((given_up(&mut db).await, tokens(&mut db).await), (1, 0), "{statement}");
        assert_discreet(&app, &["@example.com", "token-1"]);
    }
    assert_eq!(server.received().len(), 0);

    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@example.com", "token-1").await;
    run(&mut db, reset).await;
    assert_eq!(send(&app).await, counts(1, 0, 1, 0), "only the activation has its token");
}

#[tokio::test]
async fn deleted_user_gets_no_mail() {
    let server = Smtp::accepting().await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@example.com", "token-1").await;
    run(&mut db, "DELETE FROM users").await;
    assert_eq!(send(&app).await, counts(0, 0, 0, 0));
    assert_eq!(server.received().len(), 0);
}
