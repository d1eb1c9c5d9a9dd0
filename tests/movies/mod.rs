//! The movie catalogue.

mod access;
mod actors;
mod cache;
mod create;
mod create_input;
mod cursor;
mod database_errors;
mod delete;
mod find;
mod find_input;
mod genres;
mod get;
mod if_match;
mod list;
mod list_query;
mod many;
mod names;
mod quality;
mod replace;
mod search;
mod title_case;
mod update;
mod words;

use serde_json::{Value, json};

use crate::support::{App, Method, Reply};

const PATH: &str = "/api/v1/theater/movies/";

/// Starts the API with `MOVIE_WRITES=open`.
pub async fn open() -> App {
    App::builder().env("MOVIE_WRITES", "open").start().await
}

/// Returns a body that creates a movie of this name.
pub fn body(name: &str) -> Value {
    json!({
        "name": name,
        "date": "1995-12-15",
        "score": 82.5,
        "overview": "A thief and the detective who is after him.",
        "status": "Released",
        "budget": 60000000,
        "revenue": 187436818.0,
        "country": "US",
        "genres": ["Crime", "Drama"],
        "actors": ["Al Pacino", "Robert De Niro"],
        "languages": ["English"],
    })
}

/// Returns the same body with some fields replaced, and without those that are `null`.
pub fn with(name: &str, fields: Value) -> Value {
    let mut body = body(name);
    let members = body.as_object_mut().expect("an object");
    for (name, value) in fields.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    body
}

/// Sends a request to create a movie.
pub async fn create(app: &App, body: Value) -> Reply {
    app.post_json(PATH, body).await
}

/// Creates a movie and returns its id.
async fn created(app: &App, body: Value) -> i64 {
    let reply = create(app, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_i64().expect("an id")
}

/// Sends a request to update a movie.
async fn patch(app: &App, id: i64, change: Value) -> Reply {
    let request = app.request(Method::PATCH, &format!("{PATH}{id}/"));
    request.header("content-type", "application/json").body(change.to_string()).send().await
}

/// Returns the current movie without its id.
async fn detail(app: &App, id: i64) -> Value {
    let reply = app.get(&format!("{PATH}{id}/")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut movie = reply.json();
    movie.as_object_mut().expect("an object").remove("id");
    movie
}
