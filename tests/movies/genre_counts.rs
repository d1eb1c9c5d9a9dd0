//! The numbers of movies of genres, which triggers maintain.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor, PgConnection, query_as};

use super::{created, open, with};
use crate::support::{App, Method, catalogue};

/// Genres with the numbers that the API returns, after a comparison with the links.
async fn numbers(app: &App, db: &mut PgConnection) -> Vec<(String, i64)> {
    let genres = app.get("/api/v1/theater/genres/").await.json()["genres"].clone();
    let name = |genre: &serde_json::Value| genre["name"].as_str().unwrap().to_owned();
    let genres = genres.as_array().unwrap().iter();
    let numbers: Vec<_> = genres.map(|genre| (name(genre), genre["movies"].as_i64().unwrap())).collect();
    let counted: Vec<(String, i64)> = query_as(
        "SELECT name, count(movie_id) FROM genres LEFT JOIN movies_genres ON genre_id = id GROUP BY id ORDER BY key",
    )
    .fetch_all(db)
    .await
    .unwrap();
    assert_eq!(numbers, counted);
    numbers
}

#[tokio::test]
async fn simultaneous_writes_keep_genre_counts_exact() {
    let app = open().await;
    let genres = |names: &[&str]| json!({ "genres": names });
    let ids = join_all((0..12).map(|number| {
        created(
            &app,
            with(&format!("Movie {number}"), genres(&[["crime", "war"], ["war", "crime"]][number % 2])),
        )
    }))
    .await;
    let replaced = with("Movie 0", genres(&["drama"]));
    let path = |id| format!("{}{id}/", super::PATH);
    let replace = app.request(Method::PUT, &path(ids[0])).header("content-type", "application/json");
    let delete = ids[1..6].iter().map(|id| app.request(Method::DELETE, &path(*id)).send());
    let (replaced, deleted) = tokio::join!(replace.body(replaced.to_string()).send(), join_all(delete));
    assert_eq!(replaced.status, 200);
    assert!(deleted.iter().all(|reply| reply.status == 204));
    let numbers = numbers(&app, &mut app.db().await).await;
    assert_eq!(
        numbers,
        [("Crime", 6), ("Drama", 1), ("War", 6)].map(|(name, number)| (name.to_owned(), number))
    );
}

#[tokio::test]
async fn any_statement_keeps_genre_counts_exact() {
    let app = open().await;
    let mut db = app.db().await;
    for movie in catalogue::movies(&mut db, 3).await {
        for name in ["Crime", "Drama", "War"] {
            catalogue::add(&mut db, movie, catalogue::List::Genres, name).await;
        }
    }
    let id = |name: &str| format!("(SELECT id FROM genres WHERE name = '{name}')");
    for (statement, expected) in [
        (format!("DELETE FROM movies_genres WHERE genre_id = {}", id("War")), vec![3, 3, 0]),
        (
            format!("UPDATE movies_genres SET genre_id = {} WHERE genre_id = {}", id("War"), id("Drama")),
            vec![3, 0, 3],
        ),
        (String::from("BEGIN; DELETE FROM movies_genres; ROLLBACK"), vec![3, 0, 3]),
        (String::from("DELETE FROM genres WHERE name = 'Crime'"), vec![0, 3]),
        (String::from("DELETE FROM movies WHERE id = (SELECT min(id) FROM movies)"), vec![0, 2]),
        (String::from("TRUNCATE movies CASCADE"), vec![0, 0]),
    ] {
        db.execute(AssertSqlSafe(statement.clone())).await.unwrap();
        let numbers = numbers(&app, &mut db).await;
        assert_eq!(numbers.iter().map(|(_, number)| *number).collect::<Vec<_>>(), expected, "{statement}");
    }
}
