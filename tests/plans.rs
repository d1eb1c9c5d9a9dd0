//! Checks that no query of an endpoint reads a whole table, by PostgreSQL's plans for a large database.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor};

use crate::support::App;

/// Tables that grow with use.
const LARGE: [&str; 12] = [
    "users",
    "user_profiles",
    "refresh_tokens",
    "activation_tokens",
    "password_reset_tokens",
    "movies",
    "actors",
    "movies_genres",
    "movies_languages",
    "actors_movies",
    "events",
    "name_words",
];

/// Parts of the queries that may read a whole table: they count its rows, look for any row at all, search a table so small
/// that an index does not pay, or find a part of an address for an admin.
const WHOLE: [&str; 7] = [
    "count(*) AS movies FROM movies_genres GROUP BY genre_id",
    "(SELECT count(*) FROM actors) AS \"total!\"",
    "SELECT id, name, key FROM actors",
    "(SELECT count(*) FROM users) AS \"users!\"",
    "strpos(email, $1) > 0",
    "(SELECT count(*) FROM events) AS \"total!\"",
    "SELECT NOT EXISTS (SELECT FROM movies_genres)",
];

const FILL: &str = "
    INSERT INTO users (email, hashed_password, is_active, group_id)
    SELECT number || '@example.com', 'hash', true, (SELECT min(id) FROM user_groups)
    FROM generate_series(1, 20000) AS number;
    INSERT INTO user_profiles (info, picture, user_id)
    SELECT 'Likes heist movies.', lpad(id::text, 43, '0'), id FROM users;
    INSERT INTO refresh_tokens (token_hash, expires_at, user_id)
    SELECT sha256(id::text::bytea), now() + interval '1 day', id FROM users;
    INSERT INTO activation_tokens (token_hash, expires_at, user_id)
    SELECT sha256(id::text::bytea), now() + interval '1 day', id FROM users;
    INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
    SELECT sha256(id::text::bytea), now() + interval '1 day', id FROM users;
    INSERT INTO events (action, actor_id, user_id) SELECT 'login', id, id FROM users;
    INSERT INTO countries (code) VALUES ('US') ON CONFLICT DO NOTHING;
    INSERT INTO genres (name) SELECT 'Genre ' || number FROM generate_series(1, 20) AS number;
    INSERT INTO languages (name) SELECT 'Language ' || number FROM generate_series(1, 20) AS number;
    INSERT INTO actors (name) SELECT 'Actor ' || number FROM generate_series(1, 20000) AS number;
    INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
    SELECT 'Movie ' || number, '2000-01-01', 50, 'An overview', 'Released', 0, 0, (SELECT min(id) FROM countries)
    FROM generate_series(1, 20000) AS number;
    INSERT INTO movies_genres (movie_id, genre_id) SELECT movies.id, genres.id FROM movies, genres WHERE genres.id % 7 = 1;
    INSERT INTO movies_languages (movie_id, language_id)
    SELECT movies.id, languages.id FROM movies, languages WHERE languages.id % 7 = 1;
    INSERT INTO actors_movies (movie_id, actor_id)
    SELECT id, (id + number * 5000) % 20000 + 1 FROM movies, generate_series(0, 3) AS number;
    SELECT add_name_words(array_agg('word' || number)) FROM generate_series(1, 20000) AS number";

#[tokio::test]
async fn queries_of_a_large_database_read_no_whole_table() {
    let app = App::start().await;
    let mut db = app.db().await;
    db.execute(FILL).await.unwrap();
    db.execute("ANALYZE").await.unwrap();
    let (mut explained, mut whole) = (0, BTreeMap::new());
    for file in fs::read_dir(xtask::root().join(".sqlx")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let description: Value = serde_json::from_str(&text).unwrap();
        let query = description["query"].as_str().unwrap().to_owned();
        let explain = format!("EXPLAIN (GENERIC_PLAN) {query}");
        // COPY and LOCK have no plan, nor have tables that an earlier statement of a transaction creates.
        let Ok(plan) = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut db).await else { continue };
        explained += 1;
        let plan: Vec<String> = plan.iter().map(|row| sqlx::Row::get(row, 0)).collect();
        let is_large =
            |line: &&String| LARGE.iter().any(|table| line.contains(&format!("Seq Scan on {table} ")));
        let scans: Vec<_> = plan.iter().filter(is_large).cloned().collect();
        if !scans.is_empty() && !WHOLE.iter().any(|part| query.contains(part)) {
            whole.insert(query, scans);
        }
    }
    assert!(explained > 30, "{explained}");
    assert!(whole.is_empty(), "{whole:#?}");
}
