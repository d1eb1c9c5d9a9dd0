//! Mail, from the outbox to the recipient.

mod addresses;
mod crash;
mod delivery;
mod feedback;
mod given_up;
mod purge;
mod ses;
mod settings;
pub mod smtp;
mod templates;
mod undeliverable;
mod wake;

use serde_json::{Value, json};
use sqlx::PgConnection;

use crate::support::{App, app::Builder};

/// Configures an app that sends mail to the server `url`.
pub fn app(url: &str) -> Builder {
    App::builder()
        .env("MAIL_URL", url)
        .env("SMTP_TLS", "optional")
        .env("MAIL_FROM", "Movie Theater <no-reply@movies.example>")
        .env("PUBLIC_URL", "https://movies.example/")
}

/// Runs the function that sends mail, as its schedule does.
pub async fn send(app: &App) -> Value {
    let event = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
    app.invoke("SendMail", event).await.expect("mail is sent")
}

fn counts(sent: u32, failed: u32, given_up: u32, waiting: u32) -> Value {
    json!({"sent": sent, "failed": failed, "given_up": given_up, "waiting": waiting})
}

async fn user(db: &mut PgConnection, email: &str) -> i64 {
    sqlx::query_scalar(
        "INSERT INTO users (email, hashed_password, group_id)
         SELECT $1, 'x', id FROM user_groups WHERE name = 'user' RETURNING id",
    )
    .bind(email)
    .fetch_one(db)
    .await
    .expect("the user is stored")
}

/// Stores a registration as the endpoint does: the user, the token and the mail. Returns the mail's id.
async fn registration(db: &mut PgConnection, email: &str, token: &str) -> i64 {
    let user = user(db, email).await;
    sqlx::query_scalar(
        "WITH kept AS (
             INSERT INTO activation_tokens (token_hash, expires_at, user_id)
             VALUES (sha256(convert_to($2, 'UTF8')), now() + interval '24 hours', $1)
         )
         INSERT INTO mail_outbox (kind, user_id, token) VALUES ('activation', $1, $2) RETURNING id",
    )
    .bind(user)
    .bind(token)
    .fetch_one(db)
    .await
    .expect("the mail is stored")
}

/// Stores `count` registrations of `reader1@example.com` and on, with the tokens `token-1` and on.
async fn registrations(db: &mut PgConnection, count: usize) {
    for number in 1..=count {
        registration(db, &format!("reader{number}@example.com"), &format!("token-{number}")).await;
    }
}

/// Makes every queued mail due.
async fn pass_time(db: &mut PgConnection) {
    sqlx::query("UPDATE mail_outbox SET next_attempt_at = now()").execute(db).await.unwrap();
}

/// Returns how many tokens the outbox still contains.
async fn tokens(db: &mut PgConnection) -> i64 {
    sqlx::query_scalar("SELECT count(token) FROM mail_outbox").fetch_one(db).await.unwrap()
}

/// Returns the last line of metrics in the log.
fn metrics(app: &App) -> Value {
    let log = app.logs("SendMail");
    let line = log.lines().rfind(|line| line.contains("CloudWatchMetrics")).expect("a line holds metrics");
    serde_json::from_str(line).expect("the line is JSON")
}

/// Asserts that the log contains nothing of `private`.
fn assert_discreet(app: &App, private: &[&str]) {
    let log = app.logs("SendMail").to_lowercase();
    for text in private {
        assert!(!log.contains(&text.to_lowercase()), "{text} is in {log}");
    }
}
