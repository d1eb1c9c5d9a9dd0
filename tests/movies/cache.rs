//! Entity tags and cache lifetimes of GET responses.

use serde_json::json;

use super::{PATH, body, created, open, patch};
use crate::support::{App, Method, Reply};

async fn get_unless(app: &App, path: &str, tags: &str) -> Reply {
    app.request(Method::GET, path).header("if-none-match", tags).send().await
}

#[tokio::test]
async fn unchanged_response_returns_304_until_change() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    for path in [format!("{PATH}{id}/"), PATH.to_owned(), "/api/v1/theater/genres/".to_owned()] {
        let first = app.get(&path).await;
        let tag = first.header("etag").expect("an entity tag").to_owned();
        assert_eq!(first.header("cache-control"), Some("public, max-age=10"), "{path}");
        assert_eq!(app.get(&path).await.header("etag"), Some(&*tag), "{path}");
        let reply = get_unless(&app, &path, &tag).await;
        assert_eq!((reply.status.as_u16(), reply.body.len()), (304, 0), "{path}");
        assert_eq!(reply.header("etag"), Some(&*tag), "{path}");
        assert_eq!(reply.header("cache-control"), Some("public, max-age=10"), "{path}");
        assert_eq!(reply.header("content-type"), None, "{path}");
        let other = get_unless(&app, &path, "\"x\"").await;
        assert_eq!((other.status.as_u16(), other.body), (200, first.body), "{path}");
    }
}

#[tokio::test]
async fn write_changes_etag_immediately() {
    let app = open().await;
    let id = created(&app, body("Heat")).await;
    let path = format!("{PATH}{id}/");
    let tag = app.get(&path).await.header("etag").expect("an entity tag").to_owned();
    let list = app.get(PATH).await.header("etag").expect("an entity tag").to_owned();
    assert_eq!(patch(&app, id, json!({"score": 1})).await.status, 200);
    assert_eq!(get_unless(&app, &path, &tag).await.json()["score"], json!(1.0));
    assert_eq!(get_unless(&app, PATH, &list).await.json()["movies"][0]["score"], json!(1.0));
}

#[tokio::test]
async fn cache_age_follows_setting_for_movies_only() {
    for (seconds, control) in [("0", "no-cache"), ("3600", "public, max-age=3600")] {
        let app = App::builder().env("CACHE_SECONDS", seconds).env("MOVIE_WRITES", "open").start().await;
        assert_eq!(app.get(PATH).await.header("cache-control"), Some("no-store"));
        assert_eq!(app.get(&format!("{PATH}?page=0")).await.header("cache-control"), Some("no-store"));
        created(&app, body("Heat")).await;
        assert_eq!(app.get(PATH).await.header("cache-control"), Some(control));
    }
    let app = App::builder().env("CACHE_SECONDS", "1d").start().await;
    assert_eq!(app.get(PATH).await.status, 500);
    assert!(app.logs("ListMovies").contains("CACHE_SECONDS"));
}
