//! `GET /api/v1/theater/movies/`

use serde_json::json;

use crate::support::{App, catalogue};

#[tokio::test]
async fn an_empty_catalogue_is_not_found() {
    let app = App::start().await;
    let reply = app.get("/api/v1/theater/movies/").await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.json(), json!({"detail": "No movies found."}));
}

#[tokio::test]
async fn a_movie() {
    let app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    let reply = app.get("/api/v1/theater/movies/").await;
    assert_eq!(reply.status, 200);
}
