//! Every path of `template.yaml`, in every spelling and with every method.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use shared::{
    http::{Route, route::allow_header},
    openapi::Documented,
};

use crate::{
    endpoints::{self, EndpointVisitor},
    support::{App, Method, Reply, catalogue, template::Template},
};

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

/// The executable behind each path and method.
type Routes = BTreeMap<String, BTreeMap<String, String>>;

/// The routes in the descriptions of the endpoints.
#[derive(Default)]
struct Declared {
    routes: Vec<&'static Route>,
    executables: Routes,
}

impl EndpointVisitor for Declared {
    fn visit<E: Documented>(&mut self, executable: &'static str) {
        for route in E::ROUTES {
            let methods = self.executables.entry(without_slash(route.path)).or_default();
            let accepted = methods.insert(route.method.to_string(), executable.into());
            assert_eq!(accepted, None, "{} {}", route.method, route.path);
            if route.method == Method::GET {
                methods.insert("HEAD".into(), executable.into());
            }
            self.routes.push(route);
        }
    }
}

impl Declared {
    fn read() -> Self {
        let mut declared = Self::default();
        endpoints::visit(&mut declared);
        declared
    }
}

fn without_slash(path: &str) -> String {
    path.trim_end_matches('/').to_owned()
}

#[test]
fn endpoint_routes_match_template() {
    // The first has its own description, the second has no routes.
    const OTHERS: [&str; 2] = ["docs", "not_found"];
    let declared = Declared::read().executables;
    let template = Template::parse(include_str!("../../template.yaml")).unwrap();
    let mut routed = Routes::new();
    for (route, function) in template.routes() {
        if !OTHERS.contains(&function.executable.as_str()) {
            let methods = routed.entry(without_slash(&route.path)).or_default();
            methods.insert(route.method.clone(), function.executable.clone());
        }
    }
    let (declared_paths, routed_paths): (BTreeSet<_>, BTreeSet<_>) =
        (declared.keys().collect(), routed.keys().collect());
    assert!(
        declared_paths == routed_paths,
        "paths of template.yaml that no endpoint of functions/endpoints.rs has in its ROUTES: {:?}; \
         paths in ROUTES that template.yaml lacks: {:?}",
        routed_paths.difference(&declared_paths),
        declared_paths.difference(&routed_paths),
    );
    for (path, methods) in &declared {
        let routed = &routed[path];
        for (method, executable) in methods {
            assert_eq!(routed.get(method).or(routed.get("ANY")), Some(executable), "{method} {path}");
        }
        // Other methods go to one of the path's endpoints, which responds 405.
        for (method, executable) in routed {
            assert!(methods.values().any(|known| known == executable), "{method} {path}: {executable}");
        }
    }
}

#[test]
fn allow_header_lists_every_method_of_path() {
    let declared = Declared::read();
    for route in declared.routes {
        let methods: Vec<_> = declared.executables[&without_slash(route.path)].keys().cloned().collect();
        assert_eq!(
            allow_header(std::slice::from_ref(route)),
            methods.join(", "),
            "{} {}",
            route.method,
            route.path
        );
    }
}

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
