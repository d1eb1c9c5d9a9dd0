//! A catalogue of the release before, which searched in another way.

use std::time::SystemTime;

use serde_json::{Value, json};
use shared::movies::search::index::index_missing;
use sqlx::{Executor, PgConnection};

use crate::support::{App, schema::with_schema};

/// The newest migration of the release before.
const BEFORE: i64 = 10;

const PATH: &str = "/api/v1/theater/movies/";

/// What that release runs to store and to find movies.
const STORE: &str =
    "SELECT FROM insert_movie($1, '1995-12-15', 1, 'A thief.', 'Released', 0, 0, 'US', '{}', '{}', '{}')";
const FIND: &str = "SELECT name FROM movies WHERE search @@ to_tsquery('simple', 'thief') ORDER BY id";

/// The last migration before words of names had one row each.
const BEFORE_NAME_WORDS: i64 = 28;

/// Starts the API on a database with the schema of the previous release and 600 movies.
async fn app() -> (App, PgConnection) {
    let (app, mut db) = with_schema(BEFORE).await;
    for number in 0..600 {
        sqlx::query(STORE).bind(format!("Movie {number}")).execute(&mut db).await.unwrap();
    }
    (app, db)
}

async fn run(app: &App, command: &str) -> Value {
    app.invoke("Manage", json!({ "command": command })).await.unwrap()
}

async fn total(app: &App, words: &str) -> Value {
    app.get(&format!("{PATH}?q={words}")).await.json()["total_items"].clone()
}

#[tokio::test]
async fn migration_indexes_movies_and_serves_both_releases() {
    let (app, mut db) = app().await;
    assert_eq!(run(&app, "migrate").await["search"], json!({"indexed": 600, "complete": true}));
    assert_eq!(total(&app, "thief").await, 600);
    let misspelt = app.get(&format!("{PATH}?q=mvoie+599")).await.json();
    assert_eq!(misspelt["movies"][0]["name"], "Movie 599");

    // What the release before stores and changes until the deployment ends, and after a roll-back.
    sqlx::query(STORE).bind("Later").execute(&mut db).await.unwrap();
    db.execute("UPDATE movies SET name = 'Changed' WHERE name = 'Movie 7'").await.unwrap();
    db.execute("DELETE FROM movies WHERE name = 'Movie 8'").await.unwrap();
    let found: Vec<String> = sqlx::query_scalar(FIND).fetch_all(&mut db).await.unwrap();
    assert_eq!(found.len(), 599, "it finds what it has stored before");
    assert_eq!(total(&app, "movie+7").await, 10, "no movie is found by words that it lost");
    let indexed = json!({"command": "index-search", "indexed": 2, "complete": true});
    assert_eq!(run(&app, "index-search").await, indexed);
    assert_eq!((total(&app, "later").await, total(&app, "changed").await), (json!(1), json!(1)));
    assert_eq!(total(&app, "thief").await, 600);
    let again = json!({"command": "index-search", "indexed": 0, "complete": true});
    assert_eq!(run(&app, "index-search").await, again);
    assert_eq!(run(&app, "migrate").await.get("search"), None);
    let column =
        "SELECT FROM information_schema.columns WHERE table_name = 'movies' AND column_name = 'search'";
    assert!(sqlx::query(column).fetch_optional(&mut db).await.unwrap().is_none());
}

#[tokio::test]
async fn words_of_names_keep_their_misspellings() {
    let (app, mut db) = with_schema(BEFORE_NAME_WORDS).await;
    let store =
        "SELECT FROM insert_movie($1, '1995-12-15', 1, 'A thief.', 'Released', 0, 0, 'US', '{}', '{}', '{}',
        lower($1), $2, $3)";
    sqlx::query(store)
        .bind("Heat M")
        .bind("'=heat' '=m'")
        .bind(["heat", "m"])
        .execute(&mut db)
        .await
        .unwrap();
    run(&app, "migrate").await;
    sqlx::query(store).bind("Ronin").bind("'=ronin'").bind(["ronin"]).execute(&mut db).await.unwrap();
    for (misspelt, name) in [("haet+m", "Heat M"), ("heatt", "Heat M"), ("rnin", "Ronin")] {
        let found = app.get(&format!("{PATH}?q={misspelt}")).await.json();
        assert_eq!(found["movies"][0]["name"], name, "{misspelt}: {found}");
    }
    // What functions of the release before read until the deployment ends.
    let slips = "SELECT slip FROM name_slips WHERE word = 'heat' ORDER BY slip";
    let slips: Vec<String> = sqlx::query_scalar(slips).fetch_all(&mut db).await.unwrap();
    assert_eq!(slips, ["eat", "hat", "hea", "heat", "het"]);
}

#[tokio::test]
async fn indexing_goes_on_where_it_ended() {
    let (app, mut db) = app().await;
    run(&app, "migrate").await;
    db.execute("DELETE FROM movie_search WHERE movie_id % 3 > 0").await.unwrap();
    assert_eq!(index_missing(&mut db, SystemTime::UNIX_EPOCH).await.unwrap(), (0, false));
    let (mut one, mut two) = (app.db().await, app.db().await);
    let end = SystemTime::now() + std::time::Duration::from_secs(60);
    let (one, two) = tokio::join!(index_missing(&mut one, end), index_missing(&mut two, end));
    assert!(one.unwrap().1 && two.unwrap().1);
    assert_eq!(total(&app, "thief").await, 600);
}
