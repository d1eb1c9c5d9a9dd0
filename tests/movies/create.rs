//! `POST /api/v1/theater/movies/`

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::query_scalar;

use super::{PATH, body, create, created, open, with};
use crate::support::App;

async fn count(app: &App, table: &str) -> i64 {
    let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    query_scalar(sql).fetch_one(&mut app.db().await).await.unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|item| item["name"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn create_returns_same_movie_as_get() {
    let app = open().await;
    let reply = create(&app, body("  Heat ")).await;
    assert_eq!(reply.status, 201);
    let movie = reply.json();
    let id = movie["id"].as_i64().expect("an id");
    let read = app.get(&format!("{PATH}{id}/")).await;
    assert_eq!(read.json(), movie);
    assert_eq!(read.header("etag"), reply.header("etag"));
    assert_eq!(movie["name"], "Heat");
    assert_eq!(movie["date"], "1995-12-15");
    assert_eq!(movie["budget"], json!(60000000.0));
    assert_eq!(movie["country"]["code"], "US");
    assert_eq!(movie["country"]["name"], Value::Null);
    assert_eq!(names(&movie["genres"]), ["Crime", "Drama"]);
    assert_eq!(names(&movie["actors"]), ["Al Pacino", "Robert De Niro"]);
    let list = app.get(PATH).await.json();
    assert_eq!((&list["total_items"], &list["movies"][0]["id"]), (&json!(1), &json!(id)));
}

#[tokio::test]
async fn create_returns_amounts_as_get_does() {
    let app = open().await;
    let amounts = [
        json!({"budget": 0.07, "revenue": 0.1, "score": 83.33}),
        json!({"budget": 1.005, "revenue": 1e300, "score": -0.0}),
        json!({"budget": 9_999_999_999_999.99, "revenue": -0.0, "score": 1e-300}),
        json!({"budget": "123456789012.345", "revenue": 5e-324, "score": 100}),
    ];
    for (number, amounts) in amounts.into_iter().enumerate() {
        let reply = create(&app, with(&format!("Movie {number}"), amounts)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let read = app.get(&format!("{PATH}{}/", reply.json()["id"])).await;
        assert_eq!(read.text(), reply.text());
        assert_eq!(read.header("etag"), reply.header("etag"));
    }
}

#[tokio::test]
async fn create_reuses_or_adds_names() {
    let app = open().await;
    created(&app, body("Heat")).await;
    let ronin = json!({
        "country": " us\t",
        "genres": ["drama", " DRAMA ", "thriller"],
        "actors": ["robert de niro", "Jean Reno", "Jean Reno"],
        "languages": [],
    });
    let reply = create(&app, with("Ronin", ronin)).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    let movie = reply.json();
    assert_eq!(names(&movie["genres"]), ["Drama", "Thriller"]);
    assert_eq!(names(&movie["actors"]), ["Robert De Niro", "Jean Reno"]);
    assert_eq!(movie["languages"], json!([]));
    let counts = [("countries", 1), ("genres", 3), ("actors", 3), ("languages", 1), ("movies", 2)];
    for (table, expected) in counts {
        assert_eq!(count(&app, table).await, expected, "{table}");
    }
}

#[tokio::test]
async fn duplicate_name_and_date_get_409_and_store_nothing() {
    let app = open().await;
    created(&app, body("Heat")).await;
    let reply = create(&app, with(" Heat", json!({"genres": ["New"], "country": "NEW"}))).await;
    assert_eq!(reply.status, 409);
    let detail = "A movie with the name 'Heat' and release date '1995-12-15' already exists.";
    assert_eq!(reply.json(), json!({ "detail": detail }));
    assert_eq!((count(&app, "genres").await, count(&app, "countries").await), (2, 1));
    created(&app, with("Heat", json!({"date": "1986-01-01"}))).await;
    created(&app, body("heat")).await;
}

#[tokio::test]
async fn concurrent_identical_creates_succeed_once() {
    let app = open().await;
    for round in 0..5 {
        let body = body(&format!("Heat {round}"));
        let replies = join_all((0..4).map(|_| create(&app, body.clone()))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409]);
    }
    assert_eq!(count(&app, "movies").await, 5);
}

/// Each request has the same new names in another order, so writers that locked them in the order of the request
/// would deadlock.
#[tokio::test]
async fn fifty_concurrent_creates_share_new_names() {
    let app = open().await;
    let shared = |kind: &str, turn: usize| {
        let mut names: Vec<_> = (0..20).map(|number| format!("{kind} {number:02}")).collect();
        names.rotate_left(turn % 20);
        if turn % 2 == 1 {
            names.reverse();
        }
        names
    };
    let replies = join_all((0..50).map(|turn| {
        let lists = json!({
            "country": (["FR", "IT", "DE"][turn % 3]),
            "genres": shared("Genre", turn),
            "actors": shared("Actor", turn),
            "languages": shared("Language", turn),
        });
        create(&app, with(&format!("Movie {turn}"), lists))
    }))
    .await;
    for reply in &replies {
        assert_eq!(reply.status, 201, "{}", reply.text());
        assert_eq!(reply.json()["actors"].as_array().expect("a list").len(), 20);
    }
    for (table, expected) in
        [("movies", 50), ("countries", 3), ("genres", 20), ("actors", 20), ("languages", 20)]
    {
        assert_eq!(count(&app, table).await, expected, "{table}");
    }
    assert_eq!(count(&app, "actors_movies").await, 50 * 20);
    assert_eq!(app.get(PATH).await.json()["total_items"], 50);
}

#[tokio::test]
async fn create_reuses_names_from_import() {
    let app = open().await;
    let mut db = app.db().await;
    let id: i64 = query_scalar("INSERT INTO genres (name) VALUES ('Drama') RETURNING id")
        .fetch_one(&mut db)
        .await
        .unwrap();
    sqlx::query("INSERT INTO countries (code, name) VALUES ('US', 'United States')")
        .execute(&mut db)
        .await
        .unwrap();
    let movie = create(&app, with("Heat", json!({"genres": ["DRAMA"]}))).await.json();
    assert_eq!(movie["genres"], json!([{"id": id, "name": "Drama"}]));
    assert_eq!(movie["country"]["name"], "United States");
}

#[tokio::test]
async fn body_of_one_mebibyte_of_names_is_stored() {
    let app = open().await;
    let actors: Vec<_> = (0..100_000).map(|number| format!("{number:x}")).collect();
    let reply = create(&app, with("Everybody", json!({ "actors": actors }))).await;
    assert_eq!(reply.status, 201);
    assert_eq!(count(&app, "actors_movies").await, 100_000);
}

#[tokio::test]
async fn overview_of_one_mebibyte_is_stored_and_searchable() {
    let app = open().await;
    let words = (0..120_000).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    let overview = json!({ "overview": format!("unmistakable {words}") });
    created(&app, with("Long", overview)).await;
    assert_eq!(app.get(&format!("{PATH}?q=unmistakable")).await.json()["total_items"], 1);
}

/// Returns the function's connections.
async fn connections(app: &App) -> Vec<i32> {
    let statement = "SELECT pid FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'CreateMovie'";
    query_scalar(statement).fetch_all(&mut app.db().await).await.unwrap()
}

#[tokio::test]
async fn failed_write_closes_connection_but_conflict_keeps_it() {
    let app = open().await;
    created(&app, body("Heat")).await;
    let before = connections(&app).await;
    assert_eq!(before.len(), 1);
    assert_eq!(create(&app, body("Heat")).await.status, 409);
    created(&app, body("Heat 2")).await;
    assert_eq!(connections(&app).await, before);
    let constraint = "ALTER TABLE movies ADD CONSTRAINT no_ronin CHECK (name <> 'Ronin')";
    sqlx::query(constraint).execute(&mut app.db().await).await.unwrap();
    assert_eq!(create(&app, body("Ronin")).await.status, 500);
    created(&app, body("Heat 3")).await;
    assert!(connections(&app).await.iter().any(|pid| !before.contains(pid)));
}

/// Functions of the previous release run while a deployment migrates.
#[tokio::test]
async fn previous_release_can_still_create_movies() {
    let app = App::start().await;
    let statement =
        "SELECT create_movie('Heat', '1995-12-15', 82.5, '', 'Released', '60000000.07'::text::numeric,
                                         1, 'US', '{Crime}', '{}', '{English}')";
    let id: i64 = query_scalar(statement).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(app.get(&format!("{PATH}{id}/")).await.json()["budget"], json!(60000000.07));
}
