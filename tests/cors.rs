//! Requests from pages of other origins (CORS).

use crate::support::{App, Method, Reply};

const SITE: &str = "https://movies.example.com";
const MOVIES: &str = "/api/v1/theater/movies/";
const LOGIN: &str = "/api/v1/accounts/login/";

async fn preflight(app: &App, path: &str, method: &str) -> Reply {
    let request = app.request(Method::OPTIONS, path).header("origin", SITE);
    let request = request.header("access-control-request-method", method);
    request.header("access-control-request-headers", "authorization,content-type").send().await
}

#[tokio::test]
async fn preflight_lists_allowed_methods_and_headers() {
    let app = App::builder().env("CORS_ORIGIN", SITE).start().await;
    for (path, method) in [(MOVIES, "GET"), (LOGIN, "POST"), ("/api/v1/theater/movies/1", "GET")] {
        let reply = preflight(&app, path, method).await;
        assert_eq!((reply.status.as_u16(), reply.text()), (204, String::new()), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(SITE));
        assert_eq!(reply.header("vary"), Some("Origin"));
        let methods = reply.header("access-control-allow-methods").unwrap();
        assert!(methods.split(", ").any(|allowed| allowed == method), "{path}: {methods}");
        let refused = app.request(Method::PUT, path).send().await;
        if refused.status == 405 {
            assert_eq!(Some(methods), refused.header("allow"), "{path}");
        }
        assert_eq!(
            reply.header("access-control-allow-headers"),
            Some("Authorization, Content-Type, If-Match, If-None-Match")
        );
        assert!(reply.header("access-control-max-age").unwrap().parse::<u32>().unwrap() > 0);
        assert_eq!(reply.header("content-type"), None);
    }
}

#[tokio::test]
async fn every_response_allows_configured_origin() {
    let app = App::builder().env("CORS_ORIGIN", SITE).start().await;
    for (method, path, status) in [
        (Method::GET, MOVIES, 404),
        (Method::GET, "/api/v1/theater/movies/?page=0", 422),
        (Method::HEAD, MOVIES, 404),
        (Method::DELETE, LOGIN, 405),
        (Method::POST, LOGIN, 422),
        (Method::GET, "/api/v1/accounts/me/", 401),
        (Method::GET, "/nowhere", 404),
        (Method::OPTIONS, "/nowhere", 404),
    ] {
        let reply = app.request(method.clone(), path).send().await;
        assert_eq!(reply.status, status, "{method} {path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some(SITE), "{method} {path}");
        assert_eq!(
            reply.header("access-control-expose-headers"),
            Some("Allow, ETag, Link, Location, Retry-After")
        );
        assert_eq!(reply.header("vary"), Some("Origin"), "{method} {path}");
    }
    let broken =
        App::builder().env("CORS_ORIGIN", "*").env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none");
    let reply = broken.start().await.get(MOVIES).await;
    assert_eq!((reply.status.as_u16(), reply.header("access-control-allow-origin")), (500, Some("*")));
}

#[tokio::test]
async fn unset_origin_sends_no_cors_headers() {
    let app = App::start().await;
    for path in [MOVIES, LOGIN] {
        let reply = preflight(&app, path, "POST").await;
        assert_eq!(reply.status, 405, "{path}");
        assert!(reply.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{path}");
        assert_eq!(reply.header("vary"), None, "{path}");
    }
}

#[tokio::test]
async fn invalid_cors_origin_setting_returns_500() {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(include_str!("../template.yaml")).unwrap();
    let pattern = template["Parameters"]["CorsOrigin"]["AllowedPattern"].as_str().unwrap();
    let pattern = regex::Regex::new(&format!("^({pattern})$")).unwrap();
    for origin in ["", "*", SITE, "http://localhost:3000", "http://[::1]:3000"] {
        assert!(pattern.is_match(origin), "{origin}");
    }
    for origin in [
        "https://movies.example.com/",
        "movies.example.com",
        "https://",
        "https://a.example,https://b.example",
        "https://Movies.example.com",
        "https://movies.example.com/catalogue",
    ] {
        assert!(!pattern.is_match(origin), "the template refuses {origin} before a deployment");
        let app = App::builder().env("CORS_ORIGIN", origin).start().await;
        for path in [MOVIES, "/nowhere"] {
            assert_eq!(app.get(path).await.status, 500, "{origin}");
        }
        assert!(app.logs("ListMovies").contains("CORS_ORIGIN"), "{origin}");
    }
}

#[tokio::test]
async fn gateway_responses_allow_configured_origin() {
    let template: serde_yaml_ng::Value = serde_yaml_ng::from_str(include_str!("../template.yaml")).unwrap();
    let responses = &template["Resources"]["Api"]["Properties"]["GatewayResponses"];
    let responses = responses.as_mapping().unwrap();
    assert!(responses.contains_key("DEFAULT_4XX") && responses.contains_key("DEFAULT_5XX"));
    for (kind, response) in responses {
        let header = &response["ResponseParameters"]["Headers"]["Access-Control-Allow-Origin"];
        let header = serde_yaml_ng::to_string(header).unwrap();
        assert!(header.contains("${CorsOrigin}") && header.contains("HasCors"), "{kind:?}: {header}");
    }
}
