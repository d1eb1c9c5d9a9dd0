//! Paths that the API does not have.

use serde_json::json;

use crate::support::{App, Method};

#[tokio::test]
async fn unknown_paths_get_404() {
    let app = App::start().await;
    let long = format!("/{}", "a/".repeat(2000));
    let paths = [
        "/nope",
        "/nope/",
        "/api/v1",
        "/api/v1/theater/movie/",
        "/api/v1/theater/movies/1/x/",
        "/api/v1/theater//movies/",
        "//api/v1/theater/movies/",
        "/API/v1/theater/movies/",
        "/api/v2/theater/movies/",
        "/v1/api/v1/theater/movies/",
        "/api/v1/theater/movies%2F1/",
        "/%00",
        "/%ff%fe",
        "/%",
        "/nope?page=%ff&page=1&=&",
        "/../etc/passwd",
        "/.git/config",
        &long,
    ];
    for path in paths {
        let reply = app.get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.json(), json!({"detail": "Not Found"}), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
    }
}

#[tokio::test]
async fn unknown_paths_get_404_for_any_method_and_body() {
    let app = App::start().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = app.request(method.clone(), "/nope/").header("content-type", "application/json");
        let reply = request.body([0xff, 0x00, b'{']).send().await;
        assert_eq!(reply.status, 404, "{method}");
        assert_eq!(reply.json(), json!({"detail": "Not Found"}), "{method}");
        assert_eq!(reply.header("allow"), None, "{method}");
    }
}

#[tokio::test]
async fn unknown_paths_get_404_without_database() {
    let app = App::builder().env("DATABASE_URL", "").start().await;
    assert_eq!(app.get("/nope").await.status, 404);
}
