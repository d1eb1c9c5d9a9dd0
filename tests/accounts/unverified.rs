//! Accounts that are never activated.

use futures_util::future::join;
use serde_json::json;
use sqlx::{Connection, query, query_scalar};

use crate::support::{
    App,
    accounts::{PASSWORD, active, login, mailed_token, register},
    app::Builder,
};

const EMAIL: &str = "ann@example.com";

/// Registers accounts with these ages in days and tokens as old, and returns their addresses.
async fn registered(app: &App, ages: &[i32]) -> Vec<String> {
    let mut emails = Vec::new();
    for age in ages {
        let email = format!("reader{age}@example.com");
        register(app, &email).await;
        let make_old = "UPDATE users SET created_at = now() - make_interval(days => $2) WHERE email = $1";
        let mut db = app.db().await;
        query(make_old).bind(&email).bind(age).execute(&mut db).await.unwrap();
        let make_old = "UPDATE activation_tokens SET expires_at = expires_at - make_interval(days => $2)
                        FROM users WHERE users.id = user_id AND email = $1";
        query(make_old).bind(&email).bind(age).execute(&mut db).await.unwrap();
        emails.push(email);
    }
    emails
}

async fn purged(app: &App) -> i64 {
    let counts = app.invoke("PurgeTokens", json!({})).await.expect("the purge runs");
    counts["unverified_users"].as_i64().expect("it is a number")
}

async fn emails(app: &App) -> Vec<String> {
    query_scalar("SELECT email FROM users ORDER BY id").fetch_all(&mut app.db().await).await.unwrap()
}

fn with_days(days: &str) -> Builder {
    App::builder().env("UNVERIFIED_DAYS", days)
}

#[tokio::test]
async fn account_that_was_not_activated_is_purged_after_its_days() {
    let app = App::start().await;
    let accounts = registered(&app, &[0, 29, 30, 400]).await;
    assert_eq!(purged(&app).await, 2);
    assert_eq!(emails(&app).await, accounts[..2]);
    assert_eq!(purged(&app).await, 0);
    // The address is free again.
    active(&app, &accounts[2]).await;
    assert_eq!(login(&app, &accounts[2], PASSWORD).await.status, 201);
    let events = "SELECT count(*) FROM events WHERE action = 'account_deleted' AND actor_id IS NULL AND client IS NULL";
    let events: i64 = query_scalar(events).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(events, 2);
    let mails: i64 =
        query_scalar("SELECT count(*) FROM mail_outbox").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(mails, 3, "no notice is mailed, and the purged accounts get no mail");
}

#[tokio::test]
async fn active_and_disabled_accounts_are_not_purged() {
    let app = App::start().await;
    let accounts = registered(&app, &[40, 50]).await;
    let mut db = app.db().await;
    query("UPDATE users SET is_active = true WHERE email = $1")
        .bind(&accounts[0])
        .execute(&mut db)
        .await
        .unwrap();
    query("UPDATE users SET disabled_at = now() WHERE email = $1")
        .bind(&accounts[1])
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(purged(&app).await, 0);
    assert_eq!(emails(&app).await, accounts);
}

#[tokio::test]
async fn unverified_days_sets_the_age_and_0_keeps_all() {
    for (days, left) in [("0", 3), ("1", 1), ("10", 2), ("3650", 3)] {
        let app = with_days(days).start().await;
        registered(&app, &[0, 5, 3000]).await;
        purged(&app).await;
        assert_eq!(emails(&app).await.len(), left, "{days}");
    }
    for (days, problem) in
        [("-1", "must be from 0 to 3650"), ("3651", "must be from 0 to 3650"), ("x", "is not usable")]
    {
        let app = with_days(days).start().await;
        assert!(app.invoke("PurgeTokens", json!({})).await.is_err());
        let log = app.logs("PurgeTokens");
        assert!(log.contains(&format!("UNVERIFIED_DAYS {problem}")), "{log}");
    }
}

#[tokio::test]
async fn purge_skips_an_account_that_is_being_activated() {
    let app = App::start().await;
    registered(&app, &[31, 32]).await;
    let mut db = app.db().await;
    let mut activation = db.begin().await.unwrap();
    query("UPDATE users SET is_active = true WHERE email = 'reader31@example.com'")
        .execute(&mut *activation)
        .await
        .unwrap();
    assert_eq!(purged(&app).await, 1);
    activation.commit().await.unwrap();
    assert_eq!(purged(&app).await, 0);
    assert_eq!(emails(&app).await, ["reader31@example.com"]);
}

#[tokio::test]
async fn account_with_mailed_link_is_not_purged_before_the_link_expires() {
    let app = App::start().await;
    let accounts = registered(&app, &[31]).await;
    let resend = json!({ "email": accounts[0] });
    assert_eq!(app.post_json("/api/v1/accounts/activate/resend/", resend).await.status, 200);
    assert_eq!(purged(&app).await, 0);
    let mut db = app.db().await;
    let token = mailed_token(&mut db, &accounts[0]).await;
    query("UPDATE activation_tokens SET expires_at = now()").execute(&mut db).await.unwrap();
    assert_eq!(purged(&app).await, 1);
    let body = json!({ "email": accounts[0], "token": token });
    assert_eq!(app.post_json("/api/v1/accounts/activate/", body).await.status, 400);
}

#[tokio::test]
async fn activation_wins_over_a_purge_at_once() {
    let app = App::start().await;
    let mut db = app.db().await;
    for _ in 0..5 {
        register(&app, EMAIL).await;
        query("UPDATE users SET created_at = now() - interval '31 days'").execute(&mut db).await.unwrap();
        let token = mailed_token(&mut db, EMAIL).await;
        let body = json!({ "email": EMAIL, "token": token, "password": "AnotherPassword456#" });
        let activation = app.post_json("/api/v1/accounts/activate/", body);
        let (reply, purged) = join(activation, purged(&app)).await;
        assert_eq!((reply.status.as_u16(), purged), (200, 0), "{}", reply.text());
        assert_eq!(emails(&app).await, [EMAIL]);
        query("DELETE FROM users").execute(&mut db).await.unwrap();
    }
}

#[tokio::test]
async fn large_number_of_unverified_accounts_is_purged_in_batches() {
    let app = App::start().await;
    let mut db = app.db().await;
    query(
        "INSERT INTO users (email, hashed_password, group_id, created_at)
         SELECT number || '@example.com', 'x', 1, now() - interval '31 days' FROM generate_series(1, 2500) AS number",
    )
    .execute(&mut db)
    .await
    .unwrap();
    assert_eq!(purged(&app).await, 2500);
    assert_eq!(emails(&app).await, [""; 0]);
}
