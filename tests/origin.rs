//! An API behind a CDN: it rejects other callers.

use serde_json::json;

use crate::support::{App, Method, Reply, gateway::HttpRequest};

const MOVIES: &str = "/api/v1/theater/movies/";
const BLUE: &str = "blue-0123456789-0123456789-0123456789";
const GREEN: &str = "green-0123456789-0123456789-0123456789";

async fn call(app: &App, method: Method, path: &str, secret: Option<&str>) -> Reply {
    let mut request = HttpRequest::new(method, path);
    request.headers.extend(secret.map(|secret| ("x-origin-verify".to_owned(), secret.to_owned())));
    app.exchange(request).await
}

async fn closed() -> App {
    App::builder().env("ORIGIN_SECRETS", &format!("{BLUE},{GREEN}")).start().await
}

#[tokio::test]
async fn requests_bypassing_cdn_get_403_on_every_path() {
    let app = closed().await;
    let wrong = BLUE.replace('9', "8");
    for path in [MOVIES, "/api/v1/accounts/me/", "/", "/docs", "/openapi.json", "/nowhere"] {
        for secret in [None, Some(""), Some(wrong.as_str()), Some(&BLUE[1..])] {
            let reply = call(&app, Method::GET, path, secret).await;
            assert_eq!(
                (reply.status.as_u16(), reply.json()),
                (403, json!({"detail": "Forbidden"})),
                "{path}"
            );
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        }
    }
    assert_eq!(call(&app, Method::OPTIONS, MOVIES, None).await.status, 403);
}

#[tokio::test]
async fn requests_with_either_origin_secret_are_accepted() {
    let app = closed().await;
    for secret in [BLUE, GREEN] {
        assert_eq!(call(&app, Method::GET, "/openapi.json", Some(secret)).await.status, 200);
        assert_eq!(call(&app, Method::GET, "/nowhere", Some(secret)).await.status, 404);
    }
}

#[tokio::test]
async fn location_behind_cdn_has_no_stage() {
    let app = App::builder().env("ORIGIN_SECRETS", BLUE).env("MOVIE_WRITES", "open").start().await;
    let movie = json!({
        "name": "Heat", "date": "1995-12-15", "score": 8.3, "overview": "A thief.", "status": "Released",
        "budget": 1, "revenue": 1, "country": "US", "genres": [], "actors": [], "languages": []
    });
    let request = app.request(Method::POST, MOVIES).header("x-origin-verify", BLUE).body(movie.to_string());
    let reply = request.header("content-type", "application/json").send().await;
    assert_eq!(reply.status, 201, "{reply:?}");
    assert!(reply.header("location").unwrap().starts_with(MOVIES), "{reply:?}");
}

#[tokio::test]
async fn short_origin_secret_returns_500() {
    let app = App::builder().env("ORIGIN_SECRETS", "short").start().await;
    assert_eq!(call(&app, Method::GET, MOVIES, Some("short")).await.status, 500);
    assert!(app.logs("ListMovies").contains("ORIGIN_SECRETS"));
}
