//! Every path of `template.yaml`, in every spelling and with every method.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{App, Method, Reply, catalogue};

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// Returns the paths of all endpoints, with `1` instead of a parameter.
fn paths(app: &App) -> BTreeSet<String> {
    let resources = app.template().routes().map(|(route, _)| &route.path);
    let endpoints = resources.filter(|path| !["/", "/{proxy+}"].contains(&path.as_str()));
    let part = |text: &str| if text.starts_with('{') { "1".into() } else { text.to_owned() };
    endpoints.map(|path| path.split('/').map(part).collect::<Vec<_>>().join("/")).collect()
}

async fn send(app: &App, method: &str, path: &str) -> Reply {
    app.request(Method::from_bytes(method.as_bytes()).unwrap(), path).send().await
}

#[tokio::test]
async fn trailing_slash_is_optional() {
    let app = App::start().await;
    let paths = paths(&app);
    assert!(!paths.is_empty());
    for path in paths {
        for method in METHODS {
            let plain = send(&app, method, &path).await;
            let slashed = send(&app, method, &format!("{path}/")).await;
            assert_eq!(plain.status, slashed.status, "{method} {path}");
            assert_eq!(plain.body, slashed.body, "{method} {path}");
            assert_eq!(plain.headers, slashed.headers, "{method} {path}");
            assert!(!plain.status.is_redirection() && !plain.status.is_server_error(), "{method} {path}");
            assert_ne!(plain.body, br#"{"detail":"Not Found"}"#, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn no_path_answers_trace() {
    let app = App::start().await;
    for path in paths(&app) {
        // 404 comes from API Gateway, where a path lists its methods.
        let status = send(&app, "TRACE", &path).await.status;
        assert!([404, 405].contains(&status.as_u16()), "{path}: {status}");
    }
}

#[tokio::test]
async fn wrong_method_gets_405_with_allow_header() {
    let app = App::start().await;
    for path in paths(&app) {
        let mut accepted = BTreeSet::new();
        let mut allowed = BTreeSet::new();
        for method in METHODS {
            let reply = send(&app, method, &path).await;
            if reply.status != 405 {
                accepted.insert(method.to_owned());
                continue;
            }
            if method != "HEAD" {
                assert_eq!(reply.json(), json!({"detail": "Method Not Allowed"}), "{method} {path}");
            }
            allowed.insert(
                reply.header("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow")).to_owned(),
            );
        }
        assert!(!accepted.is_empty(), "{path}");
        let accepted = Vec::from_iter(accepted).join(", ");
        assert_eq!(Vec::from_iter(allowed), [accepted], "{path}");
    }
}

#[tokio::test]
async fn movie_paths_allow_get() {
    let app = App::start().await;
    for path in ["/api/v1/theater/movies/", "/api/v1/theater/movies/1/"] {
        let other = if path.ends_with("/1/") { "POST" } else { "PUT" };
        let reply = send(&app, other, path).await;
        assert_eq!(reply.status, 405, "{path}");
        let allow = reply.header("allow").unwrap_or_default();
        assert!(allow.split(", ").any(|method| method == "GET"), "{path}: {allow}");
    }
}

#[tokio::test]
async fn head_responds_like_get_without_body() {
    let app = App::start().await;
    let id = catalogue::movie(&mut app.db().await, "Heat").await;
    let movie = format!("/api/v1/theater/movies/{id}/");
    let paths = [
        ("/api/v1/theater/movies/", 200),
        ("/api/v1/theater/movies/?page=2", 404),
        ("/api/v1/theater/movies/?page=0", 422),
        (&movie, 200),
        ("/api/v1/theater/movies/0", 404),
        ("/api/v1/theater/movies/x", 422),
        ("/nope", 404),
    ];
    for (path, status) in paths {
        let (head, get) = (send(&app, "HEAD", path).await, send(&app, "GET", path).await);
        assert_eq!(get.status, status, "{path}");
        assert_eq!(head.status, status, "{path}");
        // API Gateway sets the length for GET; HEAD has no body, so the function sets it.
        let mut headers = head.headers.clone();
        assert_eq!(headers.remove("content-length").expect("a length"), get.body.len().to_string(), "{path}");
        assert_eq!(headers, get.headers, "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
}
