//! Migrates names from before all spellings of a name were one.

use serde_json::json;
use sqlx::{Connection, Executor, PgConnection};

use crate::support::{App, schema::with_schema};

/// The last migration before names had keys.
const BEFORE: i64 = 12;

async fn migrate(app: &App) {
    app.invoke("Manage", json!({"command": "migrate"})).await.unwrap();
}

/// Returns the results of `query`, one text per row.
async fn rows(db: &mut PgConnection, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query).fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn spellings_stored_twice_become_one_with_all_links() {
    let (app, mut db) = with_schema(BEFORE).await;
    db.execute(
        "INSERT INTO countries (code, name) VALUES ('CI', U&'Co\\0302te d''Ivoire');
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT 'Movie ' || number, '2000-01-01', 1, '', 'Released', 0, 0, 1 FROM generate_series(1, 4) AS number;
         INSERT INTO actors (name) VALUES ('Leonardo Dicaprio'), ('Leonardo DiCaprio'), (U&'Zoe\\0308'), ('Zoë'), ('Ann');
         INSERT INTO actors_movies (movie_id, actor_id) VALUES (1, 1), (2, 2), (3, 2), (1, 2), (4, 5), (4, 3);
         INSERT INTO genres (name) VALUES ('Drama'), ('drama'), ('Crime');
         INSERT INTO movies_genres (movie_id, genre_id) VALUES (1, 2), (2, 1);
         INSERT INTO languages (name) VALUES (U&'Franc\\0327ais');
         INSERT INTO movies_languages (movie_id, language_id) VALUES (3, 1);",
    )
    .await
    .unwrap();
    migrate(&app).await;
    let linked = "SELECT movie_id || ' ' || name FROM actors_movies JOIN actors ON id = actor_id ORDER BY 1";
    assert_eq!(
        rows(&mut db, linked).await,
        ["1 Leonardo DiCaprio", "2 Leonardo DiCaprio", "3 Leonardo DiCaprio", "4 Ann", "4 Zoë"]
    );
    assert_eq!(rows(&mut db, "SELECT id || name FROM genres ORDER BY 1").await, ["1Drama", "3Crime"]);
    let genres = "SELECT movie_id || ' ' || genre_id FROM movies_genres ORDER BY 1";
    assert_eq!(rows(&mut db, genres).await, ["1 1", "2 1"]);
    assert_eq!(rows(&mut db, "SELECT name FROM languages").await, ["Français"]);
    assert_eq!(rows(&mut db, "SELECT name FROM countries").await, ["Côte d'Ivoire"]);
}

#[tokio::test]
async fn movie_texts_become_nfc_unless_another_movie_has_the_name() {
    let (app, mut db) = with_schema(BEFORE).await;
    db.execute(
        "INSERT INTO countries (code) VALUES ('FR');
         INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
         SELECT name, '2000-01-01', 1, U&'e\\0301', 'Released', 0, 0, 1
         FROM (VALUES (U&'Ame\\0301lie'), ('Léon'), (U&'Le\\0301on')) AS new (name);",
    )
    .await
    .unwrap();
    migrate(&app).await;
    assert_eq!(rows(&mut db, "SELECT name FROM movies ORDER BY id").await, ["Amélie", "Léon", "Le\u{301}on"]);
    assert_eq!(rows(&mut db, "SELECT DISTINCT overview FROM movies").await, ["é"]);
}

#[tokio::test]
async fn functions_of_the_release_before_find_names_too() {
    let (app, mut db) = with_schema(BEFORE).await;
    migrate(&app).await;
    db.execute("INSERT INTO genres (name) VALUES ('Sci-Fi')").await.unwrap();
    let mut transaction = db.begin().await.unwrap();
    for function in ["create_movie", "insert_movie"] {
        let statement = format!(
            "SELECT * FROM {function}('{function}', '2000-01-01', 1, '', 'Released', 0, 0, 'US', '{{sci-FI}}', '{{}}', '{{}}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
    assert_eq!(rows(&mut db, "SELECT name FROM genres").await, ["Sci-Fi"]);
    assert_eq!(rows(&mut db, "SELECT count(*)::text FROM movies_genres").await, ["2"]);
}

/// The functions before they treated ASCII in a way of its own (migration 28).
const KEYS_BEFORE: &str = r#"
    CREATE FUNCTION key_before(name text) RETURNS text LANGUAGE sql IMMUTABLE STRICT
    RETURN normalize(casefold(normalize(name, NFD) COLLATE pg_catalog.pg_unicode_fast), NFD) COLLATE "C";
    CREATE FUNCTION words_before(name text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT
    RETURN array_remove(string_to_array(regexp_replace(
        normalize(regexp_replace(key_before(name), '[\u0300-\u036F]', '', 'g'), NFC),
        '[!-/:-@[-`{-~\u00A0\u00AB\u00B7\u00BB\u2010-\u2014\u2018-\u201E]+', ' ', 'g'
    ), ' '), '')"#;

#[tokio::test]
async fn keys_and_words_of_ascii_names_are_those_of_before() {
    let app = App::start().await;
    let mut db = app.db().await;
    db.execute(KEYS_BEFORE).await.unwrap();
    let different = rows(
        &mut db,
        "SELECT format('%s: %s %s', name, name_key(name), name_words(name)) FROM (
            SELECT chr(first) || middle || chr(last) AS name
            FROM generate_series(1, 127) AS first, generate_series(1, 127) AS last, (VALUES (''), ('É')) AS middle (middle)
            UNION ALL VALUES (NULL), ('')
            UNION ALL SELECT chr(one) || 'A-x' FROM generate_series(128, 55295) AS one
        ) AS names
        WHERE name_key(name) IS DISTINCT FROM key_before(name) OR name_words(name) IS DISTINCT FROM words_before(name)",
    )
    .await;
    assert_eq!(different, Vec::<String>::new());
}
