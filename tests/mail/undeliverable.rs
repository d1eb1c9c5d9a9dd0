//! Undeliverable mail: the mailer gives it up immediately, and it does not delay other mail.

use serde_json::json;
use sqlx::PgConnection;

use super::{app, counts, metrics, pass_time, registration, send, smtp::Smtp, tokens};

/// Stores `count` registrations of `<name>1@example.com` and on, in one statement.
async fn crowd(db: &mut PgConnection, name: &str, count: i32) {
    sqlx::query(
        "WITH people AS (
             INSERT INTO users (email, hashed_password, group_id)
             SELECT $1 || number || '@example.com', 'x', user_groups.id
             FROM user_groups, generate_series(1, $2) AS number WHERE name = 'user'
             RETURNING id
         ), kept AS (
             INSERT INTO activation_tokens (token_hash, expires_at, user_id)
             SELECT sha256(convert_to('token-' || id, 'UTF8')), now() + interval '24 hours', id FROM people
         )
         INSERT INTO mail_outbox (kind, user_id, token) SELECT 'activation', id, 'token-' || id FROM people",
    )
    .bind(name)
    .bind(count)
    .execute(db)
    .await
    .unwrap();
}

#[tokio::test]
async fn thousand_failing_mails_do_not_delay_new_mail() {
    let server = Smtp::scripted(|line| match line {
        line if line.starts_with("EHLO") => Some("250-mail.example\r\n250 AUTH PLAIN"),
        line if line.starts_with("RCPT TO:<gone") => Some("550 5.1.1 no such user"),
        line if line.starts_with("RCPT TO:<busy") => Some("450 4.2.1 not now"),
        _ => None,
    })
    .await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    crowd(&mut db, "gone", 400).await;
    crowd(&mut db, "zoë", 300).await;
    crowd(&mut db, "busy", 300).await;
    registration(&mut db, "good@example.com", "token-good").await;
    assert_eq!(send(&app).await, counts(1, 1000, 700, 300), "in the first run");
    assert_eq!(server.recipients(), ["good@example.com"]);
    assert_eq!(metrics(&app)["MailsGivenUp"], json!(700));
    assert_eq!(metrics(&app)["MailsUndeliverable"], json!(700));
    assert_eq!(tokens(&mut db).await, 300);
    assert_eq!(send(&app).await, counts(0, 0, 0, 300), "none is tried again at once");
}

#[tokio::test]
async fn new_mail_is_sent_before_failed_mail() {
    let server = Smtp::scripted(|line| line.starts_with("RCPT TO:<bad").then_some("421 4.7.0 closing")).await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    crowd(&mut db, "bad", 10).await;
    assert_eq!(send(&app).await, counts(0, 10, 0, 10));
    pass_time(&mut db).await;
    registration(&mut db, "good@example.com", "token-good").await;
    assert_eq!(send(&app).await["sent"], 1);
    assert_eq!(server.recipients(), ["good@example.com"]);
}

#[tokio::test]
async fn run_stops_when_server_rejects_sender() {
    for (command, answer) in [
        ("EHLO", "554 5.3.2 no service here"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("MAIL", "530 5.7.0 log in first"),
        ("MAIL", "550 5.7.1 sender refused"),
        ("RCPT", "550 5.1.8 sender's domain not found"),
        ("RCPT", "421 4.3.2 closing"),
    ] {
        let server = Smtp::scripted(move |line| line.starts_with(command).then_some(answer)).await;
        let app = app(&server.url).start().await;
        let mut db = app.db().await;
        crowd(&mut db, "reader", 12).await;
        assert_eq!(send(&app).await, counts(0, 10, 0, 12), "{command}: {answer}");
        assert_eq!(tokens(&mut db).await, 12, "{command}: {answer}");
        assert_eq!(metrics(&app)["MailsUndeliverable"], json!(0), "{command}: {answer}");
        assert!(app.logs("SendMail").contains(&answer[..3]), "{command}: {answer}");
    }
}

#[tokio::test]
async fn smtp_rejection_is_final_only_for_recipient() {
    for (command, answer, outcome) in [
        ("RCPT", "550 5.1.1 no such user", counts(0, 12, 12, 0)),
        ("RCPT", "553 no such mailbox", counts(0, 12, 12, 0)),
        ("DATA", "554 5.6.0 unreadable", counts(0, 12, 12, 0)),
        ("RCPT", "554 5.7.1 relay access denied", counts(0, 12, 0, 12)),
        ("RCPT", "550 relay not permitted", counts(0, 12, 0, 12)),
        ("RCPT", "451 4.3.0 later", counts(0, 12, 0, 12)),
        ("DATA", "452 4.3.1 no space", counts(0, 12, 0, 12)),
    ] {
        let server = Smtp::scripted(move |line| line.starts_with(command).then_some(answer)).await;
        let app = app(&server.url).start().await;
        let mut db = app.db().await;
        crowd(&mut db, "reader", 12).await;
        assert_eq!(send(&app).await, outcome, "{command}: {answer}");
        assert_eq!(metrics(&app)["MailsUndeliverable"], outcome["given_up"], "{command}: {answer}");
    }
}

#[tokio::test]
async fn mail_counts_as_sent_without_quit_reply() {
    let server = Smtp::scripted(|line| (line == "QUIT").then_some("")).await;
    let app = app(&server.url).start().await;
    crowd(&mut app.db().await, "reader", 2).await;
    assert_eq!(send(&app).await, counts(2, 0, 0, 0));
    assert_eq!(server.received().len(), 2);
}
