//! What is left of a deleted account a day later, in all tables.

use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection, query_scalar};

use super::signed_in::SignedIn;
use crate::{
    mail,
    support::{
        Method,
        accounts::{PASSWORD, active, login, register},
    },
};

const EMAIL: &str = "ann-smith@example.com";

/// The tables that name users in a column.
const TABLES: [&str; 11] = [
    "activation_tokens",
    "adopted_rows",
    "adopted_tokens",
    "email_change_tokens",
    "events",
    "known_clients",
    "mail_outbox",
    "password_reset_tokens",
    "refresh_tokens",
    "user_profiles",
    "users",
];

/// The texts and hashes of user 1 in all tables, and what is derived from the address.
const PRIVATE: &str = "
    SELECT string_agg(CASE data_type WHEN 'bytea'
            THEN format('SELECT %L AS place, encode(%I, ''hex'') AS value FROM %I WHERE %I = 1', place, column_name, table_name, key)
            ELSE format('SELECT %L, %I::text FROM %I WHERE %I = 1', place, column_name, table_name, key) END,
        ' UNION ALL ')
    FROM (
        SELECT *, table_name || '.' || column_name AS place,
               CASE table_name WHEN 'users' THEN 'id' ELSE 'user_id' END AS key
        FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('text', 'bytea', 'character varying') AND table_name = ANY ($1)
    ) AS columns";

async fn column(db: &mut PgConnection, statement: String) -> Vec<String> {
    query_scalar(AssertSqlSafe(statement)).fetch_all(db).await.unwrap()
}

/// The rows of every table, as text in lower case, each after the name of the table.
async fn everything(db: &mut PgConnection) -> Vec<String> {
    let tables = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1";
    let tables = column(db, tables.into()).await;
    assert!(tables.len() > TABLES.len());
    let rows = tables
        .iter()
        .map(|table| format!("SELECT lower('{table} ' || row_to_json(it)::text) FROM {table} AS it"));
    let rows = Vec::from_iter(rows).join(" UNION ALL ");
    column(db, rows).await
}

/// Returns what of `private` is in a table, with where it is.
async fn found(db: &mut PgConnection, private: &[String]) -> Vec<String> {
    let rows = everything(db).await;
    let places = private.iter().filter_map(|value| {
        let row = rows.iter().find(|row| row.contains(&value.to_lowercase()))?;
        Some(format!("{value} in {row}"))
    });
    places.collect()
}

/// Stores what an account can have and what the API does not store by itself here.
async fn fill(db: &mut PgConnection) {
    db.execute(
        "INSERT INTO user_profiles (first_name, last_name, avatar, picture, gender, date_of_birth, info, user_id)
         VALUES ('annabelle', 'smithson', 'avatars/1_avatar.jpg', repeat('v', 43), 'woman', '1990-05-17',
                 'Likes long films.', 1);
         INSERT INTO activation_tokens (token_hash, expires_at, user_id)
         VALUES (sha256('activation'), now() + interval '1 hour', 1);
         UPDATE refresh_tokens SET first_token_hash = sha256('first'), client = 'a browser of ann'
         WHERE id = (SELECT min(id) FROM refresh_tokens);
         INSERT INTO mail_outbox (kind, user_id, token) VALUES ('activation', 1, 'a token that waits');
         INSERT INTO adopted_users (id) VALUES (1);
         INSERT INTO adopted_rows (kind, id, digest, user_id) VALUES ('account', 1, sha256('account'), 1);
         INSERT INTO adopted_tokens (token_hash, user_id) VALUES (sha256('adopted'), 1);
         INSERT INTO events (action, actor_id, user_id, client) VALUES ('login', 1, 1, 'a browser of ann')",
    )
    .await
    .unwrap();
}

#[tokio::test]
async fn nothing_of_a_deleted_account_is_left_a_day_later() {
    let folder = tempfile::tempdir().unwrap();
    let app = mail::app(&format!("file:{}", folder.path().display())).env("RATE_LIMITS", "on").start().await;
    active(&app, EMAIL).await;
    register(&app, "bob@example.com").await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    assert_eq!(login(&app, EMAIL, "WrongPassword123!").await.status, 401);
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
    let body = json!({ "email": "ann-baker@example.com", "password": PASSWORD });
    assert_eq!(signed_in.post(&app, "email-change/request/", body).await.status, 200);
    let mut db = app.db().await;
    fill(&mut db).await;

    let named = "SELECT DISTINCT table_name::text FROM information_schema.columns
        WHERE table_schema = 'public' AND (column_name = 'user_id' OR table_name = 'users') ORDER BY 1";
    assert_eq!(
        column(&mut db, named.into()).await,
        TABLES,
        "a table that names users belongs into this test"
    );
    let private: String = query_scalar(PRIVATE).bind(&TABLES[..]).fetch_one(&mut db).await.unwrap();
    let private = column(
        &mut db,
        format!(
            "SELECT DISTINCT value FROM ({private}) AS stored WHERE value IS NOT NULL
             UNION SELECT encode(sha256(convert_to('{EMAIL}', 'UTF8')), 'hex')
             UNION SELECT encode(bucket, 'hex') FROM attempt_buckets
             UNION SELECT encode(address, 'hex') FROM attempt_buckets WHERE address IS NOT NULL"
        ),
    )
    .await;
    for text in
        [EMAIL, "ann-baker@example.com", "annabelle", "smithson", "avatars/1_avatar.jpg", "a browser of ann"]
    {
        assert!(private.iter().any(|value| value == text), "{text} is in {private:?}");
    }
    assert!(private.len() > 25, "{private:?}");
    // All but the digest of the address, which only a suppression would store.
    assert_eq!(found(&mut db, &private).await.len(), private.len() - 1);

    // The picture, one that another request has replaced, and another user's.
    let pictures = app.storage().join("avatars");
    std::fs::create_dir_all(&pictures).unwrap();
    for (user, version) in [(1, "v"), (1, "w"), (12, "x")] {
        std::fs::write(pictures.join(format!("{user}_{}.jpg", version.repeat(43))), "a picture").unwrap();
    }

    let request = app.request(Method::DELETE, "/api/v1/accounts/me/");
    let request = request.header("authorization", &signed_in.authorization);
    let request = request.header("content-type", "application/json").header("user-agent", "a browser of ann");
    let reply = request.body(json!({ "password": PASSWORD }).to_string()).send().await;
    assert_eq!(reply.status, 204, "{}", reply.text());
    assert!(mail::send(&app).await["sent"].as_u64() >= Some(1));
    db.execute("UPDATE attempt_buckets SET full_at = full_at - interval '1 day'").await.unwrap();
    assert_eq!(app.invoke("PurgeTokens", json!({})).await.unwrap()["complete"], true);
    assert_eq!(found(&mut db, &private).await, [""; 0]);

    let left: Vec<_> = std::fs::read_dir(&pictures).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(left, [format!("12_{}.jpg", "x".repeat(43)).as_str()]);

    // Of the events, ids and actions are left.
    let events = "SELECT count(*) FROM events WHERE user_id = 1 AND client IS NULL";
    let events: i64 = query_scalar(events).fetch_one(&mut db).await.unwrap();
    assert!(events >= 2, "{events}");
}
