//! Migrates the counters of movies to one.

use serde_json::json;
use sqlx::Executor;

use crate::support::schema::with_schema;

const PATH: &str = "/api/v1/theater/movies/";

/// The last migration before there was one counter.
const BEFORE: i64 = 31;

#[tokio::test]
async fn counters_become_one() {
    let (app, mut db) = with_schema(BEFORE).await;
    db.execute("INSERT INTO countries (code) VALUES ('US')").await.unwrap();
    for number in 0..3 {
        // Each connection has a counter.
        let movie = format!(
            "INSERT INTO movies (name, date, score, overview, status, budget, revenue, country_id)
             VALUES ('Movie {number}', '2000-01-01', 1, '', 'Released', 0, 0, 1)"
        );
        app.db().await.execute(sqlx::AssertSqlSafe(movie)).await.unwrap();
    }
    app.invoke("Manage", json!({"command": "migrate"})).await.unwrap();
    assert_eq!(app.get(PATH).await.json()["total_items"], 3);
    db.execute("DELETE FROM movies WHERE id = 1").await.unwrap();
    assert_eq!(app.get(PATH).await.json()["total_items"], 2);
    // What the functions of the release before read until the deployment ends.
    let before = "SELECT sum(movies::integer) FROM movie_counts";
    assert_eq!(sqlx::query_scalar::<_, i64>(before).fetch_one(&mut db).await.unwrap(), 2);
}
