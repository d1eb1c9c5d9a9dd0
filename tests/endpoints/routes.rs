//! The routes that the endpoints declare.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    http::{Method, Route, route::allow_header},
    openapi::Documented,
};

use crate::{
    endpoints::{self, EndpointVisitor},
    support::template::Template,
};

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

/// Asserts that `template.yaml` routes to each endpoint what it declares, and nothing else.
pub fn match_template(template: &Template) {
    // The first has its own description, the second has no routes.
    const OTHERS: [&str; 2] = ["docs", "not_found"];
    let declared = Declared::read().executables;
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

/// Asserts that the header `Allow` of each route lists every method of its path.
pub fn have_allow_headers() {
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
