//! Imports into an empty catalogue, which build indexes and foreign keys after the rows.

use serde_json::json;
use sqlx::{Executor, PgConnection};

use super::{concurrency::catalogue, csv, everything, import};
use crate::{
    movies,
    support::{App, locks::statements_wait, poll},
};

/// What the log has when new tables took the place of the empty ones.
const REPLACED: &str = "checked the foreign keys of the links";

/// Returns the columns, constraints, indexes and rights of the tables of links.
async fn schema(db: &mut PgConnection) -> Vec<String> {
    sqlx::query_scalar(
        "WITH links AS (
            SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname LIKE '%s\\_%s' AND relkind = 'r'
                AND relname ~ 'movies'
        )
        SELECT concat_ws(' ', relname, relowner::regrole, relacl, reloptions) FROM links
        UNION ALL SELECT concat_ws(' ', relname, attnum, attname, atttypid::regtype, attnotnull)
        FROM links JOIN pg_attribute ON attrelid = links.oid AND attnum > 0
        UNION ALL SELECT concat_ws(' ', relname, conname, pg_get_constraintdef(pg_constraint.oid), convalidated, conenforced)
        FROM links JOIN pg_constraint ON conrelid = links.oid
        UNION ALL SELECT concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisready, indcheckxmin)
        FROM links JOIN pg_index ON indrelid = links.oid
        ORDER BY 1",
    )
    .fetch_all(db)
    .await
    .unwrap()
}

/// Stops imports when all their rows are stored, until the transaction of the connection ends.
async fn stop_imports(db: &mut PgConnection) {
    db.execute("BEGIN; LOCK TABLE events IN EXCLUSIVE MODE").await.unwrap();
}

/// Returns the numbers of movies and of links that a new statement sees.
async fn seen(db: &mut PgConnection) -> (i64, i64) {
    let counts = "SELECT (SELECT count(*) FROM movies),
        (SELECT count(*) FROM actors_movies) + (SELECT count(*) FROM movies_genres) + (SELECT count(*) FROM movies_languages)";
    sqlx::query_as(counts).fetch_one(db).await.unwrap()
}

/// Fails if a link has no movie or no name.
async fn assert_no_broken_link(db: &mut PgConnection) {
    let broken: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM actors_movies WHERE movie_id NOT IN (SELECT id FROM movies) OR actor_id NOT IN (SELECT id FROM actors))
            + (SELECT count(*) FROM movies_genres WHERE movie_id NOT IN (SELECT id FROM movies) OR genre_id NOT IN (SELECT id FROM genres))",
    )
    .fetch_one(db)
    .await
    .unwrap();
    assert_eq!(broken, 0);
}

#[tokio::test]
async fn import_into_empty_catalogue_keeps_keys_and_indexes() {
    let app = App::start().await;
    let mut db = app.db().await;
    let before = schema(&mut db).await;
    assert_eq!(before.iter().filter(|line| line.contains("FOREIGN KEY")).count(), 6, "{before:#?}");
    let answer = import(&app, &csv(&catalogue(400, 1))).await.unwrap();
    assert_eq!(answer["imported"], 400);
    assert!(app.logs("Manage").contains(REPLACED));
    assert_eq!(schema(&mut db).await, before);
    for link in ["(0, 1)", "(1, 0)", "(1, 1), (1, 1)"] {
        let insert = format!("INSERT INTO actors_movies (movie_id, actor_id) VALUES {link}");
        assert!(sqlx::query(sqlx::AssertSqlSafe(insert)).execute(&mut db).await.is_err(), "{link}");
    }
    let page = app.get("/api/v1/theater/movies/").await.json();
    assert_eq!(page["total_items"], 400, "functions may read the tables: {page}");
    db.execute("DELETE FROM movies; DELETE FROM genres").await.unwrap();
    assert_eq!(seen(&mut db).await, (0, 0), "links are deleted with their movies");
    assert_eq!(import(&app, &csv(&catalogue(400, 1))).await.unwrap()["imported"], 400);
    everything(&app).await;
}

#[tokio::test]
async fn readers_see_none_or_all_movies_of_an_import() {
    let app = App::start().await;
    let (mut stopper, mut reader) = (app.db().await, app.db().await);
    stop_imports(&mut stopper).await;
    let file = csv(&catalogue(400, 1));
    let reading = async {
        statements_wait(&app, 1).await;
        assert_eq!(seen(&mut reader).await, (0, 0), "a reader does not wait");
        stopper.execute("ROLLBACK").await.unwrap();
        let mut counts = (0, 0);
        poll::until(async || {
            counts = seen(&mut reader).await;
            counts != (0, 0)
        })
        .await;
        counts
    };
    let (answer, (movies, links)) = tokio::join!(import(&app, &file), reading);
    assert_eq!(answer.unwrap()["imported"], 400);
    assert_eq!((movies, links), seen(&mut reader).await);
    assert!(app.logs("Manage").contains(REPLACED));
}

#[tokio::test]
async fn import_does_not_wait_for_a_long_read() {
    let app = App::start().await;
    let mut db = app.db().await;
    let before = schema(&mut db).await;
    let mut reader = app.db().await;
    reader.execute("BEGIN; SELECT FROM movies").await.unwrap();
    let answer = import(&app, &csv(&catalogue(400, 1))).await.unwrap();
    assert_eq!(answer["imported"], 400);
    assert!(!app.logs("Manage").contains(REPLACED));
    reader.execute("COMMIT").await.unwrap();
    assert_eq!(schema(&mut db).await, before);
    assert_no_broken_link(&mut db).await;
    everything(&app).await;
}

#[tokio::test]
async fn links_stored_during_an_import_remain() {
    let app = App::start().await;
    let (mut stopper, mut db) = (app.db().await, app.db().await);
    let before = schema(&mut db).await;
    stop_imports(&mut stopper).await;
    let file = csv(&catalogue(400, 1));
    let creating = async {
        statements_wait(&app, 1).await;
        db.execute(
            "WITH country AS (INSERT INTO countries (code) VALUES ('XK') RETURNING id),
                actor AS (INSERT INTO actors (name) VALUES ('Someone Else') RETURNING id),
                movie AS (
                    INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
                    SELECT 'Theirs', '2000-01-01', 1, '', 'Released', 0, 0, id FROM country RETURNING id
                )
            INSERT INTO actors_movies (movie_id, actor_id) SELECT movie.id, actor.id FROM movie, actor",
        )
        .await
        .unwrap();
        let seen = seen(&mut db).await;
        stopper.execute("ROLLBACK").await.unwrap();
        seen
    };
    let (answer, seen_before) = tokio::join!(import(&app, &file), creating);
    assert_eq!((answer.unwrap()["imported"].clone(), seen_before), (json!(400), (1, 1)));
    let movies: Vec<(String, i64)> = sqlx::query_as(
        "SELECT name, (SELECT count(*) FROM actors_movies WHERE movie_id = movies.id) FROM movies ORDER BY id DESC LIMIT 1",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    assert_eq!(movies, [("Theirs".into(), 1)]);
    assert_eq!(schema(&mut db).await, before);
    assert_no_broken_link(&mut db).await;
    everything(&app).await;
}

#[tokio::test]
async fn create_that_waits_for_an_import_succeeds() {
    let app = movies::open().await;
    let (mut stopper, mut db) = (app.db().await, app.db().await);
    let before = schema(&mut db).await;
    stop_imports(&mut stopper).await;
    let file = csv(&catalogue(400, 1));
    let creating = async {
        statements_wait(&app, 1).await;
        // The genre is one that the import stores.
        let lists = json!({"genres": ["Genre 1"], "country": "XK"});
        let create = movies::create(&app, movies::with("Created", lists));
        let release = async {
            statements_wait(&app, 2).await;
            stopper.execute("ROLLBACK").await.unwrap();
        };
        tokio::join!(create, release).0
    };
    let (answer, reply) = tokio::join!(import(&app, &file), creating);
    assert_eq!((answer.unwrap()["imported"].clone(), reply.status.as_u16()), (json!(400), 201));
    assert_eq!(schema(&mut db).await, before);
    assert_no_broken_link(&mut db).await;
}

#[tokio::test]
async fn failed_import_leaves_the_empty_catalogue_whole() {
    let app = App::start().await;
    let (mut stopper, mut db) = (app.db().await, app.db().await);
    let before = schema(&mut db).await;
    stop_imports(&mut stopper).await;
    let file = csv(&catalogue(400, 1));
    let cut = async {
        statements_wait(&app, 1).await;
        let waiting = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        db.execute(waiting).await.unwrap();
    };
    let (answer, ()) = tokio::join!(import(&app, &file), cut);
    assert_eq!(answer.unwrap_err().error_type, "Failed");
    stopper.execute("ROLLBACK").await.unwrap();
    assert_eq!((schema(&mut db).await, seen(&mut db).await), (before.clone(), (0, 0)));
    assert_eq!(import(&app, &file).await.unwrap()["imported"], 400);
    assert_eq!(schema(&mut db).await, before);
}

#[tokio::test]
async fn import_keeps_what_an_operator_added_to_a_table() {
    let app = App::start().await;
    let mut db = app.db().await;
    let additions = "CREATE INDEX mine ON movies_genres (genre_id) WHERE movie_id > 7;
        GRANT SELECT ON movies_languages TO PUBLIC";
    db.execute(additions).await.unwrap();
    let before = schema(&mut db).await;
    import(&app, &csv(&catalogue(400, 1))).await.unwrap();
    assert!(app.logs("Manage").contains(REPLACED));
    assert_eq!(schema(&mut db).await, before);
    db.execute("DELETE FROM movies; ALTER TABLE actors_movies SET (fillfactor = 90)").await.unwrap();
    let before = schema(&mut db).await;
    import(&app, &csv(&catalogue(400, 1))).await.unwrap();
    assert_eq!(schema(&mut db).await, before);
}
