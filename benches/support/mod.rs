//! What the benchmarks share: release executables, run one at a time and timed.

#![allow(dead_code, unused_imports, reason = "each benchmark uses its part of it")]

mod figures;
mod hash;
mod process;

use std::path::{Path, PathBuf};

pub use figures::{Figures, median};
pub use hash::Hash;
pub use process::{Outcome, Process, cpu};

use crate::support::{
    Method,
    app::{ACCESS_KEY, App, REFRESH_KEY},
    gateway::HttpRequest,
    routing::Match,
    service::executables,
};

/// The folder of the release executables. `make bench` builds those that are measured.
pub fn release() -> PathBuf {
    let folder = executables().parent().expect("the target folder holds one folder for each profile");
    folder.join("release")
}

/// A release executable of the project. Panics where it is not built.
pub fn executable(name: &str) -> PathBuf {
    let path = release().join(name);
    assert!(path.is_file(), "there is no release executable {name}; `make bench` builds it");
    path
}

/// Starts `executable` as the function that `request` is routed to, on the app's database and with `settings`
/// on top of what the template says. Gives it with the event that stands for the request.
pub fn start(
    app: &App,
    executable: &Path,
    request: &HttpRequest,
    settings: &[(&str, &str)],
) -> (Process, Vec<u8>) {
    let function = route(app, request).function;
    let url = app.database().url_of(function.login);
    let own = [
        ("DATABASE_URL", url.as_str()),
        ("SECRET_KEY_ACCESS", ACCESS_KEY),
        ("SECRET_KEY_REFRESH", REFRESH_KEY),
    ];
    let variables = own.iter().chain(settings).copied();
    let process = Process::start(executable, function, variables);
    (process, event(app, request))
}

/// The event that API Gateway makes of `request`.
pub fn event(app: &App, request: &HttpRequest) -> Vec<u8> {
    request.event(&route(app, request), &app.template().stage).to_string().into_bytes()
}

fn route<'a>(app: &'a App, request: &HttpRequest) -> Match<'a> {
    let route = app.template().find(request.method.as_str(), request.path());
    route.expect("the template has a route for the request")
}

/// A request as a client sends it; an empty body stands for none.
pub fn request(method: Method, target: &str, body: String) -> HttpRequest {
    let headers = vec![(String::from("content-type"), String::from("application/json"))];
    let source_ip = String::from("203.0.113.7");
    HttpRequest { method, target: target.to_owned(), headers, body: body.into_bytes(), source_ip }
}
