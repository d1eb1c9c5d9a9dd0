//! Headers that every response has, from functions with any status and from the gateway.

use serde_json::json;

use crate::{
    movies,
    support::{
        App, Method, Reply,
        accounts::{PASSWORD, active},
        catalogue,
    },
};

#[track_caller]
fn assert_secure(reply: &Reply, shown: &str) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("strict-transport-security", "max-age=31536000"),
        ("referrer-policy", "no-referrer"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name} of {shown}");
    }
    let policy = reply.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors 'none'"), "{shown}: {policy}");
    let caching = reply.header("cache-control");
    let is_error = reply.status.is_client_error() || reply.status.is_server_error();
    if is_error {
        assert_eq!(caching, Some("no-store"), "{shown}")
    } else {
        assert!(caching.is_some(), "{shown}")
    }
}

#[tokio::test]
async fn responses_of_every_route_have_security_headers() {
    let app = App::start().await;
    let routes: Vec<_> = app.template().routes().map(|(route, _)| route.path.clone()).collect();
    for path in routes {
        let path = path
            .replace("{movie_id}", "1")
            .replace("{user_id}", "1")
            .replace("{file}", "x")
            .replace("{proxy+}", "nowhere");
        for method in
            [Method::GET, Method::POST, Method::PATCH, Method::DELETE, Method::OPTIONS, Method::HEAD]
        {
            let reply = app.request(method.clone(), &path).send().await;
            assert_secure(&reply, &format!("{method} {path}: {}", reply.status));
        }
    }
}

#[tokio::test]
async fn failed_responses_have_security_headers() {
    let app = App::builder().env("DATABASE_URL", "postgres://reader@127.0.0.1:1/none").start().await;
    for path in ["/api/v1/theater/movies/", "/api/v1/theater/genres/"] {
        let reply = app.get(path).await;
        assert_eq!(reply.status, 500);
        assert_secure(&reply, path);
    }
}

#[tokio::test]
async fn only_catalogue_responses_are_cacheable() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    catalogue::movies(&mut app.db().await, 1).await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let login = app.post_json("/api/v1/accounts/login/", body).await;
    assert_eq!((login.status.as_u16(), login.header("cache-control")), (201, Some("no-store")));
    let token = login.json()["access_token"].as_str().expect("a token").to_owned();
    let me =
        app.request(Method::GET, "/api/v1/accounts/me/").header("authorization", &format!("Bearer {token}"));
    assert_eq!(me.send().await.header("cache-control"), Some("no-store"));
    let list = app.get("/api/v1/theater/movies/").await;
    assert_eq!(list.header("cache-control"), Some("public, max-age=10"));
    let etag = list.header("etag").expect("an entity tag").to_owned();
    let again =
        app.request(Method::GET, "/api/v1/theater/movies/").header("if-none-match", &etag).send().await;
    assert_eq!((again.status.as_u16(), again.header("cache-control")), (304, Some("public, max-age=10")));
}

#[test]
fn gateway_responses_have_security_headers() {
    let template =
        crate::support::template::Template::parse(include_str!("../template.yaml")).expect("a template");
    assert!(template.gateway_responses.len() >= 8);
    for kind in template.gateway_responses.keys() {
        let reply = template.gateway_reply(kind, crate::support::StatusCode::FORBIDDEN, "No");
        assert_secure(&reply, kind);
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{kind}");
    }
}

#[tokio::test]
async fn head_has_content_length_of_get() {
    let app = App::start().await;
    catalogue::movies(&mut app.db().await, 3).await;
    for path in ["/api/v1/theater/movies/", "/api/v1/theater/movies/9/", "/", "/openapi.json", "/nowhere"] {
        let get = app.get(path).await;
        let head = app.request(Method::HEAD, path).send().await;
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(head.header("content-length"), Some(&*get.body.len().to_string()), "{path}");
    }
}

#[tokio::test]
async fn created_movie_location_returns_movie() {
    let app = movies::open().await;
    for (path, name) in [("/api/v1/theater/movies/", "Heat"), ("/api/v1/theater/movies", "Ronin")] {
        let reply = app.post_json(path, movies::body(name)).await;
        assert_eq!(reply.status, 201);
        let id = reply.json()["id"].as_i64().expect("an id");
        // The path includes the gateway's stage, as clients send it.
        let location = reply.header("location").expect("a location");
        assert_eq!(location, format!("/{}/api/v1/theater/movies/{id}/", app.template().stage));
        let path = location.strip_prefix(&format!("/{}", app.template().stage)).expect("the stage");
        assert_eq!(app.get(path).await.json()["name"], name);
    }
}

#[tokio::test]
async fn large_movies_never_exceed_lambda_response_limit() {
    let app = movies::open().await;
    // 170,000 control characters become 1 MiB of escapes; quotes double when Lambda escapes them again.
    for (turn, overview) in ["\u{1}".repeat(170_000), "\"".repeat(500_000)].into_iter().enumerate() {
        for number in 0..10 {
            let sent = movies::with(&format!("{turn} {number}"), json!({ "overview": overview }));
            let reply = movies::create(&app, sent).await;
            assert_eq!(reply.status, 201);
        }
    }
    let list = app.get("/api/v1/theater/movies/?per_page=20").await;
    assert_eq!(list.status, 200);
    let shown = list.json()["movies"][0]["overview"].as_str().expect("a text").chars().count();
    assert_eq!(shown, 40_000);
    assert_eq!(app.get("/api/v1/theater/movies/1/").await.status, 200);
    assert_eq!(app.environments("ListMovies"), 1);
}
