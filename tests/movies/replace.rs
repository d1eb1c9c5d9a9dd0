//! `PUT /api/v1/theater/movies/{movie_id}/`

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{PATH, body, created, detail, open, with};
use crate::support::{App, Method, Reply};

async fn put(app: &App, id: i64, movie: Value) -> Reply {
    put_if(app, id, None, movie).await
}

async fn put_if(app: &App, id: i64, tag: Option<&str>, movie: Value) -> Reply {
    let request = app.request(Method::PUT, &format!("{PATH}{id}/")).body(movie.to_string());
    let request = if let Some(tag) = tag { request.header("if-match", tag) } else { request };
    request.send().await
}

#[tokio::test]
async fn replaces_every_field_and_list_and_keeps_the_id() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let other = created(&app, body("Ronin")).await;
    let untouched = detail(&app, other).await;
    let movie = json!({
        "name": " Collateral ", "date": "2004-08-06", "score": "76", "overview": "", "status": "In Production",
        "budget": 65000000.005, "revenue": 0, "country": "fr", "genres": ["THRILLER", "crime"],
        "actors": ["Tom Cruise"], "languages": [],
    });
    let reply = put(&app, id, movie).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let stored = app.get(&format!("{PATH}{id}/")).await;
    assert_eq!(reply.json(), stored.json());
    assert_eq!(reply.header("etag"), stored.header("etag"));
    let movie = stored.json();
    assert_eq!(
        (&movie["id"], &movie["name"], &movie["budget"]),
        (&json!(id), &json!("Collateral"), &json!(65000000.01))
    );
    assert_eq!(movie["country"]["code"], "FR");
    let names = |list: &str| {
        movie[list].as_array().unwrap().iter().map(|item| item["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names("genres"), names("actors"), names("languages")),
        (vec![json!("Crime"), json!("Thriller")], vec![json!("Tom Cruise")], vec![])
    );
    assert_eq!(detail(&app, other).await, untouched);
    let found = app.get(&format!("{PATH}?q=collateral")).await.json();
    assert_eq!(found["movies"][0]["id"], id);
    assert_eq!(app.get(&format!("{PATH}?q=heat")).await.status, 404);
}

#[tokio::test]
async fn same_movie_again_changes_nothing_but_the_version() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let before = detail(&app, id).await;
    for _ in 0..2 {
        assert_eq!(put(&app, id, body("Heat")).await.status, 200);
        assert_eq!(detail(&app, id).await, before);
    }
}

#[tokio::test]
async fn name_and_date_of_another_movie_get_409_and_change_nothing() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    created(&app, body("Ronin")).await;
    let before = detail(&app, id).await;
    let reply = put(&app, id, with("Ronin", json!({"actors": ["Somebody New"]}))).await;
    let sentence = "A movie with the name 'Ronin' and release date '1995-12-15' already exists.";
    assert_eq!((reply.status.as_u16(), reply.json()), (409, json!({ "detail": sentence })));
    assert_eq!(detail(&app, id).await, before);
    assert_eq!(app.get("/api/v1/theater/actors/?q=somebody").await.status, 404);
}

#[tokio::test]
async fn missing_movie_gets_404_and_leaves_no_names() {
    let app = open().await;
    for id in [1, i64::MAX] {
        let reply = put(&app, id, body("Heat")).await;
        let sentence = "Movie with the given ID was not found.";
        assert_eq!((reply.status.as_u16(), reply.json()), (404, json!({ "detail": sentence })));
    }
    assert_eq!(app.get("/api/v1/theater/genres/").await.json(), json!({"genres": []}));
}

#[tokio::test]
async fn every_fault_is_reported_as_in_create() {
    let app = open().await;
    let reply = app.request(Method::PUT, &format!("{PATH}x/")).body(r#"{"score": 101}"#).send().await;
    assert_eq!(reply.status, 422);
    let faults = reply.json()["detail"].as_array().expect("a list").clone();
    assert_eq!(faults.len(), 12, "the path, and all fields of the body");
    assert_eq!(faults[0]["loc"], json!(["path", "movie_id"]));
}

#[tokio::test]
async fn of_many_replacements_of_one_version_one_is_made() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let tag = app.get(&format!("{PATH}{id}/")).await.header("etag").expect("a tag").to_owned();
    let movie = |number: usize| with("Heat", json!({"actors": [format!("Actor {number}")]}));
    let replies = join_all((0..4).map(|number| put_if(&app, id, Some(&tag), movie(number)))).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412]);
    assert_eq!(detail(&app, id).await["actors"].as_array().map(Vec::len), Some(1));
    let actors = app.get("/api/v1/theater/actors/?q=actor").await.json();
    assert_eq!(actors["total_items"], 1, "what lost left no name behind: {actors}");
}

#[tokio::test]
async fn replacing_needs_a_moderator() {
    let app = App::start().await;
    assert_eq!(put(&app, 1, body("Heat")).await.status, 401);
}
