//! `GET /api/v1/theater/movies/`.

use serde_json::{Value, json};

use crate::support::{App, catalogue};

pub const PATH: &str = "/api/v1/theater/movies/";

/// Starts the API with `count` movies.
pub async fn with_movies(count: i32) -> App {
    let app = App::start().await;
    catalogue::movies(&mut app.db().await, count).await;
    app
}

/// Returns the response without the movies.
async fn frame(app: &App, query: &str) -> Value {
    let reply = app.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 200, "{query}");
    let mut body = reply.json();
    body.as_object_mut().expect("an object").remove("movies");
    body
}

/// Returns the ids of the movies on a page.
pub async fn ids(app: &App, query: &str) -> Vec<i64> {
    let reply = app.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 200, "{query}: {:?}", reply.json());
    let body = reply.json();
    body["movies"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|movie| movie["id"].as_i64().expect("an id"))
        .collect()
}

async fn assert_past_the_end(app: &App, query: &str) {
    let reply = app.get(&format!("{PATH}{query}")).await;
    assert_eq!(reply.status, 404, "{query}");
    assert_eq!(reply.json(), json!({"detail": "No movies found."}), "{query}");
}

#[tokio::test]
async fn movie_list_has_exactly_contract_fields() {
    let app = App::start().await;
    let id = catalogue::movie(&mut app.db().await, "The Shawshank Redemption").await;
    let reply = app.get(PATH).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(
        reply.json(),
        json!({
            "movies": [{
                "id": id,
                "name": "The Shawshank Redemption",
                "date": "1994-09-23",
                "score": 85.5,
                "overview": "About The Shawshank Redemption",
            }],
            "prev_page": null,
            "next_page": null,
            "total_pages": 1,
            "total_items": 1,
        })
    );
}

#[tokio::test]
async fn movie_list_starts_with_newest_id() {
    let app = App::start().await;
    let mut db = app.db().await;
    let mut expected = catalogue::movies(&mut db, 25).await;
    // An update moves a row within its table, and must not move it in the list.
    sqlx::query("UPDATE movies SET score = 1 WHERE id = $1")
        .bind(expected[3])
        .execute(&mut db)
        .await
        .unwrap();
    expected.reverse();
    assert_eq!(ids(&app, "").await, expected[..10]);
    assert_eq!(ids(&app, "?page=2").await, expected[10..20]);
    assert_eq!(ids(&app, "?page=3").await, expected[20..]);
    assert_eq!(ids(&app, "?per_page=20").await, expected[..20]);
}

#[tokio::test]
async fn pages_link_to_previous_and_next() {
    let app = with_movies(25).await;
    let page = |page: u32| format!("/theater/movies/?page={page}&per_page=10");
    let totals = |prev: Option<String>, next: Option<String>| json!({"prev_page": prev, "next_page": next, "total_pages": 3, "total_items": 25});
    assert_eq!(frame(&app, "").await, totals(None, Some(page(2))));
    assert_eq!(frame(&app, "?page=1&per_page=10").await, totals(None, Some(page(2))));
    assert_eq!(frame(&app, "?page=2").await, totals(Some(page(1)), Some(page(3))));
    assert_eq!(frame(&app, "?page=3").await, totals(Some(page(2)), None));
}

#[tokio::test]
async fn full_last_page_has_no_next_link() {
    let app = with_movies(20).await;
    let expected = json!({
        "prev_page": "/theater/movies/?page=1&per_page=10",
        "next_page": null,
        "total_pages": 2,
        "total_items": 20,
    });
    assert_eq!(frame(&app, "?page=2").await, expected);
    assert_past_the_end(&app, "?page=3").await;
}

#[tokio::test]
async fn per_page_accepts_1_to_20() {
    let app = with_movies(21).await;
    let expected = json!({
        "prev_page": "/theater/movies/?page=20&per_page=1",
        "next_page": null,
        "total_pages": 21,
        "total_items": 21,
    });
    assert_eq!(frame(&app, "?page=21&per_page=1").await, expected);
    assert_eq!(ids(&app, "?per_page=20").await.len(), 20);
    assert_eq!(ids(&app, "?page=2&per_page=20").await.len(), 1);
}

#[tokio::test]
async fn empty_catalogue_gets_404() {
    let app = App::start().await;
    assert_past_the_end(&app, "").await;
    assert_past_the_end(&app, "?page=2").await;
    let mut db = app.db().await;
    catalogue::movies(&mut db, 3).await;
    assert_eq!(frame(&app, "").await["total_items"], json!(3));
    sqlx::query("DELETE FROM movies").execute(&mut db).await.unwrap();
    assert_past_the_end(&app, "").await;
}

#[tokio::test]
async fn total_items_follows_inserts_and_deletes() {
    let app = with_movies(12).await;
    let mut db = app.db().await;
    sqlx::query("DELETE FROM movies WHERE name IN ('Movie 1', 'Movie 2')").execute(&mut db).await.unwrap();
    assert_eq!(frame(&app, "").await["total_items"], json!(10));
    assert_eq!(frame(&app, "").await["next_page"], Value::Null);
    assert_past_the_end(&app, "?page=2").await;
    // Another connection may use another counter.
    catalogue::movie(&mut app.db().await, "One more").await;
    assert_eq!(frame(&app, "").await["total_items"], json!(11));
    assert_eq!(ids(&app, "?page=2").await.len(), 1);
}

#[tokio::test]
async fn huge_page_number_gets_404() {
    let app = with_movies(1).await;
    let digits_4300 = "9".repeat(4300);
    for page in ["2", "922337203685477581", "9223372036854775807", "9223372036854775808", &digits_4300] {
        for per_page in ["1", "20"] {
            assert_past_the_end(&app, &format!("?page={page}&per_page={per_page}")).await;
        }
    }
}
