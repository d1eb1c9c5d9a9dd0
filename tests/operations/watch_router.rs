//! The routes of `cargo lambda watch` (`package.metadata.lambda.watch.router` in `Cargo.toml`).

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use crate::support::service::{Service, executables};

/// The executables of each path, by method.
type Routes = BTreeMap<String, BTreeSet<(String, String)>>;

/// What the router is told: a path's function, or a list of `{method, function}`. It writes `{*name}` where
/// API Gateway writes `{name+}`.
fn of_router() -> Routes {
    let metadata = Command::new(env!("CARGO")).args(["metadata", "--no-deps", "--format-version=1"]).output();
    let metadata: Value = serde_json::from_slice(&metadata.expect("Cargo runs").stdout).expect("JSON");
    let router = &metadata["packages"][0]["metadata"]["lambda"]["watch"]["router"];
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned();
    let routes = router.as_object().expect("Cargo.toml has a router").iter().map(|(path, value)| {
        let functions = match value {
            Value::Array(list) => {
                list.iter().map(|item| (text(&item["method"]), text(&item["function"]))).collect()
            }
            function => BTreeSet::from([(String::from("ANY"), text(function))]),
        };
        (path.clone(), functions)
    });
    routes.collect()
}

/// What the template says, in the router's words: it tells a path from the same one with a slash at its end.
fn of_template() -> Routes {
    let mut routes = Routes::new();
    let service = Service::of_project(executables());
    for (route, function) in service.template().routes() {
        let forms = match route.path.strip_suffix("/{proxy+}") {
            Some(parent) => vec![format!("{parent}/{{*path}}")],
            None if route.path == "/" => vec![route.path.clone()],
            None => vec![route.path.clone(), format!("{}/", route.path)],
        };
        for path in forms {
            let functions = routes.entry(path).or_default();
            functions.insert((route.method.clone(), function.executable.clone()));
        }
    }
    routes
}

#[test]
fn the_router_has_the_routes_of_the_template() {
    let (router, template) = (of_router(), of_template());
    let difference: Vec<_> = router
        .iter()
        .filter(|(path, functions)| template.get(*path) != Some(functions))
        .map(|route| ("Cargo.toml", route))
        .chain(
            template
                .iter()
                .filter(|(path, functions)| router.get(*path) != Some(functions))
                .map(|route| ("template.yaml", route)),
        )
        .collect();
    assert!(difference.is_empty(), "{difference:#?}");
}
