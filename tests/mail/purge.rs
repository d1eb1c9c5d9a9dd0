//! The nightly purge.

use serde_json::{Value, json};
use sqlx::{Executor, PgConnection};

use super::user;
use crate::support::App;

async fn purge(app: &App) -> Value {
    app.invoke("PurgeTokens", json!({})).await.expect("the purge runs")
}

fn deleted(tokens: [u64; 4], mails: u64, buckets: u64, clients: u64, events: u64) -> Value {
    json!({
        "unverified_users": 0, "event_clients": 0,
        "activation_tokens": tokens[0], "password_reset_tokens": tokens[1], "refresh_tokens": tokens[2],
        "email_change_tokens": tokens[3], "mails": mails, "attempt_buckets": buckets, "known_clients": clients,
        "events": events, "pictures": 0, "complete": true,
    })
}

async fn fill(db: &mut PgConnection) {
    let reader = user(db, "reader@example.com").await;
    let other = user(db, "other@example.com").await;
    for statement in [
        format!(
            "INSERT INTO activation_tokens (token_hash, expires_at, user_id)
             VALUES (sha256('a'), now(), {reader}), (sha256('b'), now() + interval '1 hour', {other})"
        ),
        format!(
            "INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
             VALUES (sha256('a'), now() - interval '1 year', {reader}), (sha256('b'), now() + interval '1 hour', {other})"
        ),
        format!(
            "INSERT INTO email_change_tokens (token_hash, expires_at, user_id, email)
             VALUES (sha256('a'), now() - interval '1 hour', {reader}, 'new@example.com'),
                    (sha256('b'), now() + interval '1 hour', {other}, 'newer@example.com')"
        ),
        format!(
            "INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
             SELECT sha256(number::text::bytea), now() + interval '1 second' * (number - 2500), {reader}
             FROM generate_series(1, 2400) AS number
             UNION ALL SELECT sha256('kept'), now() + interval '1 hour', {reader}"
        ),
        format!(
            "INSERT INTO mail_outbox (kind, user_id, sent_at, given_up_at)
             SELECT 'password_changed', {reader}, CASE WHEN is_sent THEN now() - age END,
                 CASE WHEN NOT is_sent THEN now() - age END
             FROM (VALUES (true, interval '8 days'), (false, '8 days'), (true, '6 days'), (false, '6 days'), (NULL, '9 days'))
                 AS mail (is_sent, age), generate_series(1, 1000)"
        ),
        "INSERT INTO attempt_buckets (bucket, full_at)
         SELECT sha256(number::text::bytea), now() + interval '1 hour' * (1001 - number) - interval '1 minute'
         FROM generate_series(1, 3000) AS number"
            .into(),
        format!(
            "INSERT INTO known_clients (client, user_id, used_at)
             SELECT sha256(number::text::bytea), {reader}, now() - interval '1 day' * (79.5 + number)
             FROM generate_series(1, 20) AS number"
        ),
        "INSERT INTO events (action, at, user_id)
         SELECT 'login', now() - interval '1 hour' - interval '1 day' * (363 + number % 4), number
         FROM generate_series(1, 5000) AS number"
            .into(),
    ] {
        db.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
    }
}

#[tokio::test]
async fn purge_deletes_only_expired_rows() {
    let app = App::start().await;
    let mut db = app.db().await;
    assert_eq!(purge(&app).await, deleted([0; 4], 0, 0, 0, 0));
    fill(&mut db).await;
    assert_eq!(purge(&app).await, deleted([1, 1, 2400, 1], 2000, 2000, 10, 2500));
    assert_eq!(purge(&app).await, deleted([0; 4], 0, 0, 0, 0));
    let left: Vec<i64> = sqlx::query_scalar(
        "SELECT count(*) FROM activation_tokens UNION ALL SELECT count(*) FROM password_reset_tokens
         UNION ALL SELECT count(*) FROM refresh_tokens UNION ALL SELECT count(*) FROM mail_outbox
         UNION ALL SELECT count(*) FROM attempt_buckets UNION ALL SELECT count(*) FROM known_clients
         UNION ALL SELECT count(*) FROM users UNION ALL SELECT count(*) FROM email_change_tokens
         UNION ALL SELECT count(*) FROM events",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(left, [1, 1, 1, 3000, 1000, 10, 2, 1, 2500]);
}

#[tokio::test]
async fn purge_skips_locked_rows() {
    let app = App::start().await;
    let mut db = app.db().await;
    fill(&mut db).await;
    db.execute("BEGIN").await.unwrap();
    db.execute("SELECT FROM refresh_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT 5 FOR UPDATE")
        .await
        .unwrap();
    assert_eq!(purge(&app).await, deleted([1, 1, 2395, 1], 2000, 2000, 10, 2500));
    db.execute("COMMIT").await.unwrap();
    assert_eq!(purge(&app).await, deleted([0, 0, 5, 0], 0, 0, 0, 0));
}

#[tokio::test]
async fn concurrent_purges_delete_each_row_once() {
    let app = App::start().await;
    fill(&mut app.db().await).await;
    let (one, other) = tokio::join!(purge(&app), purge(&app));
    let sum = |name: &str| one[name].as_u64().unwrap() + other[name].as_u64().unwrap();
    assert_eq!((sum("refresh_tokens"), sum("mails"), sum("attempt_buckets")), (2400, 2000, 2000));
}

#[tokio::test]
async fn audit_days_say_how_long_events_stay() {
    for (days, deleted) in [("364", 3750), ("1", 5000), ("3650", 0)] {
        let app = App::builder().env("AUDIT_DAYS", days).start().await;
        fill(&mut app.db().await).await;
        assert_eq!(purge(&app).await["events"], deleted, "{days}");
    }
}

#[tokio::test]
async fn invalid_audit_days_are_named() {
    for days in ["0", "3651", "1.5"] {
        let app = App::builder().env("AUDIT_DAYS", days).start().await;
        let error = app.invoke("PurgeTokens", json!({})).await.unwrap_err();
        assert!(error.error_message.contains("AUDIT_DAYS"), "{days}: {}", error.error_message);
    }
}

#[tokio::test]
async fn rows_that_cannot_be_purged_keep_no_others() {
    let app = App::start().await;
    let mut db = app.db().await;
    fill(&mut db).await;
    db.execute(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$;
         CREATE TRIGGER fails BEFORE DELETE ON activation_tokens EXECUTE FUNCTION fail()",
    )
    .await
    .unwrap();
    let error = app.invoke("PurgeTokens", json!({})).await.unwrap_err();
    assert_eq!(error.error_message, "Not purged: activation_tokens; the log says why. All else is.");
    let left = "SELECT (SELECT count(*) FROM refresh_tokens WHERE expires_at <= now())
                     + (SELECT count(*) FROM attempt_buckets WHERE full_at <= now())";
    assert_eq!(sqlx::query_scalar::<_, i64>(left).fetch_one(&mut db).await.unwrap(), 0);
    db.execute("DROP TRIGGER fails ON activation_tokens").await.unwrap();
    assert_eq!(purge(&app).await["activation_tokens"], 1);
}
