//! The movie catalogue.

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
mod search;
mod title_case;
mod update;
mod writers;

use serde_json::{Value, json};

use crate::support::{App, Method, Reply};

const PATH: &str = "/api/v1/theater/movies/";

/// The API with movie writes open.
pub async fn open() -> App {
    App::builder().env("MOVIE_WRITES", "open").start().await
}

/// A body that creates a movie of this name.
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

/// The same with some fields replaced; one that is `null` is left out.
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

/// What creating answers.
pub async fn create(app: &App, body: Value) -> Reply {
    app.post_json(PATH, body).await
}

/// The id of a new movie.
async fn created(app: &App, body: Value) -> i64 {
    let reply = create(app, body).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_i64().expect("an id")
}

/// What a change answers.
async fn patch(app: &App, id: i64, change: Value) -> Reply {
    let request = app.request(Method::PATCH, &format!("{PATH}{id}/"));
    request.header("content-type", "application/json").body(change.to_string()).send().await
}

/// The movie as it is now, without its id.
async fn detail(app: &App, id: i64) -> Value {
    let reply = app.get(&format!("{PATH}{id}/")).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let mut movie = reply.json();
    movie.as_object_mut().expect("an object").remove("id");
    movie
}
