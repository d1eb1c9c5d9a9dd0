//! Database errors and timeouts while the list of movies is read.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgConnection};

use super::PATH;
use crate::support::{App, Reply, catalogue, postgres::READER};

/// Replaces the table of movies by a view that runs a PL/pgSQL statement for every row.
async fn before_each_row(db: &mut PgConnection, statement: &str) {
    let statements = format!(
        "CREATE FUNCTION before_row() RETURNS text LANGUAGE plpgsql AS $$ BEGIN {statement}; RETURN ''; END $$;
         ALTER TABLE movies RENAME TO stored_movies;
         CREATE VIEW movies AS
             SELECT xmin, id, name, date, score, overview || before_row() AS overview, status, budget, revenue,
                    country_id
             FROM stored_movies;
         GRANT SELECT ON movies TO PUBLIC"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(db).await.unwrap();
}

/// Restores the table.
async fn restore(db: &mut PgConnection) {
    let statements = "DROP VIEW movies; DROP FUNCTION before_row; ALTER TABLE stored_movies RENAME TO movies";
    sqlx::raw_sql(statements).execute(db).await.unwrap();
}

/// Sets the `statement_timeout` of the functions in this database, in milliseconds; 0 for none.
async fn limit_statements(app: &App, db: &mut PgConnection, milliseconds: u32) {
    let database = app.database().options().get_database().unwrap();
    let statement =
        format!("ALTER ROLE {READER} IN DATABASE {database} SET statement_timeout = {milliseconds}");
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *db).await.unwrap();
    let ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename = $1";
    sqlx::query(ended).bind(READER).execute(db).await.unwrap();
}

/// Returns PostgreSQL's processes for the functions.
async fn connections(db: &mut PgConnection) -> Vec<i32> {
    let statement = "SELECT pid FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = $1 ORDER BY pid";
    sqlx::query_scalar(statement).bind(READER).fetch_all(db).await.unwrap()
}

fn assert_error(reply: &Reply, place: Value) {
    let fault = json!({
        "type": "value_error",
        "loc": place,
        "msg": "Value error, The value cannot be looked for.",
        "input": null,
        "ctx": {"error": {}},
    });
    assert_eq!((reply.status.as_u16(), reply.json()), (422, json!({ "detail": [fault] })));
}

/// Counts the log lines with this SQLSTATE.
fn warnings(app: &App, sqlstate: &str) -> usize {
    let lines = app.lines();
    lines.iter().filter(|line| line["level"] == "WARN" && line["sqlstate"] == sqlstate).count()
}

#[tokio::test]
async fn value_rejected_by_database_gets_422_and_keeps_connection() {
    let app = App::start().await;
    let db = &mut app.db().await;
    let id = catalogue::movie(db, "Heat").await;
    let detail = format!("{PATH}{id}/");
    let found = app.get(&format!("{PATH}?q=heat")).await;
    assert_eq!((found.status.as_u16(), app.get(&detail).await.status.as_u16()), (200, 200));
    let before = connections(db).await;
    assert_eq!(before.len(), 2);
    for sqlstate in ["22000", "22P02", "22012", "54000", "54001"] {
        let statement = format!("RAISE 'in words of PostgreSQL' USING ERRCODE = '{sqlstate}'");
        before_each_row(db, &statement).await;
        for (query, field) in
            [("q=heat", "q"), ("status=Released&q=heat", "q"), ("year_from=1990", "year_from")]
        {
            assert_error(&app.get(&format!("{PATH}?{query}")).await, json!(["query", field]));
        }
        assert_error(&app.get(PATH).await, json!(["query"]));
        assert_error(&app.get(&detail).await, json!(["query"]));
        assert_eq!(warnings(&app, sqlstate), 5, "{sqlstate}");
        restore(db).await;
        assert_eq!(app.get(&format!("{PATH}?q=heat")).await.json(), found.json());
        assert_eq!(app.get(&detail).await.status, 200);
        assert_eq!(connections(db).await, before, "{sqlstate}");
    }
    assert!(!app.logs("ListMovies").contains("in words of"));
}

#[tokio::test]
async fn other_database_errors_get_500() {
    let app = App::start().await;
    let db = &mut app.db().await;
    catalogue::movie(db, "Heat").await;
    for sqlstate in ["23514", "42601", "53100", "XX000"] {
        before_each_row(db, &format!("RAISE 'broken' USING ERRCODE = '{sqlstate}'")).await;
        assert_eq!(app.get(&format!("{PATH}?q=heat")).await.status, 500, "{sqlstate}");
        restore(db).await;
    }
}

#[tokio::test]
async fn slow_search_gets_404_and_keeps_connection() {
    let app = App::start().await;
    let db = &mut app.db().await;
    catalogue::movie(db, "Heat").await;
    // Whatever the login allows: a search has a limit of its own.
    for milliseconds in [0, 3000] {
        limit_statements(&app, db, milliseconds).await;
        assert_eq!(app.get(&format!("{PATH}?q=heat")).await.status, 200);
        let before = connections(db).await;
        before_each_row(db, "PERFORM pg_sleep(60)").await;
        let reply = app.get(&format!("{PATH}?q=heat")).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (404, json!({"detail": "No movies found."})));
        restore(db).await;
        assert_eq!(app.get(&format!("{PATH}?q=heat")).await.status, 200);
        assert_eq!(connections(db).await, before);
    }
    let warning = "a list timed out; the response says that it found nothing";
    assert_eq!(app.lines().iter().filter(|line| line["message"] == warning).count(), 2);
}

#[tokio::test]
async fn slow_filters_get_404_and_a_slow_list_500() {
    let app = App::start().await;
    let db = &mut app.db().await;
    catalogue::movie(db, "Heat").await;
    limit_statements(&app, db, 3000).await;
    before_each_row(db, "PERFORM pg_sleep(60)").await;
    assert_eq!(app.get(&format!("{PATH}?year_from=1990")).await.status, 404);
    assert_eq!(app.get(PATH).await.status, 500, "it is not empty");
    restore(db).await;
    assert_eq!(app.get(PATH).await.status, 200);
}
