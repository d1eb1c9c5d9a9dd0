//! Every path of `template.yaml`, however it is written and whatever the method.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{App, Method, Reply, catalogue};

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The paths that lead to an endpoint, with `1` in place of a parameter.
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
async fn a_slash_at_the_end_changes_nothing() {
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
async fn a_wrong_method_is_refused_and_told_the_right_ones() {
    let app = App::start().await;
    for path in paths(&app) {
        let mut taken = BTreeSet::new();
        let mut told = BTreeSet::new();
        for method in METHODS {
            let reply = send(&app, method, &path).await;
            if reply.status != 405 {
                taken.insert(method.to_owned());
                continue;
            }
            if method != "HEAD" {
                assert_eq!(reply.json(), json!({"detail": "Method Not Allowed"}), "{method} {path}");
            }
            told.insert(
                reply.header("allow").unwrap_or_else(|| panic!("{method} {path}: no Allow")).to_owned(),
            );
        }
        assert!(!taken.is_empty(), "{path}");
        let taken = Vec::from_iter(taken).join(", ");
        assert_eq!(Vec::from_iter(told), [taken], "{path}");
    }
}

#[tokio::test]
async fn the_catalogue_can_be_read() {
    let app = App::start().await;
    for path in ["/api/v1/theater/movies/", "/api/v1/theater/movies/1/"] {
        let reply = send(&app, "PUT", path).await;
        assert_eq!(reply.status, 405, "{path}");
        let allow = reply.header("allow").unwrap_or_default();
        assert!(allow.split(", ").any(|method| method == "GET"), "{path}: {allow}");
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
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
        // API Gateway counts the body of GET; that of HEAD is gone, so the function says its length.
        let mut headers = head.headers.clone();
        assert_eq!(headers.remove("content-length").expect("a length"), get.body.len().to_string(), "{path}");
        assert_eq!(headers, get.headers, "{path}");
        assert!(head.body.is_empty(), "{path}");
    }
}
