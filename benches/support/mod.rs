//! Runs and times release executables for the benchmarks.

mod figures;
mod hash;
pub mod movies;
#[path = "../bare/parameters.rs"]
mod parameters;
mod process;
mod report;
mod simplest;
mod subject;

use std::path::{Path, PathBuf};

pub use figures::Figures;
pub use hash::Hash;
pub use parameters::arguments;
pub use process::{CALLGRIND_OUT, Process, cpu};
pub use report::{Report, Target, Unit};
pub use subject::{SIMPLEST, Subject, requests};

use crate::support::{
    Method,
    app::App,
    executables::executables,
    gateway::HttpRequest,
    routing::Match,
    template::{Function, Template},
    workload::SETTINGS,
};

/// Returns Cargo's target folder.
pub fn target() -> &'static Path {
    executables().parent().expect("the target folder holds one folder for each profile")
}

/// Returns the folder of the release executables, which `make bench` builds.
pub fn release() -> PathBuf {
    target().join("release")
}

/// Returns a release executable. Panics if it is not built.
pub fn executable(name: &str) -> PathBuf {
    let path = release().join(name);
    assert!(path.is_file(), "the release executable {name} is missing; `make bench` builds it");
    path
}

/// Returns whether to measure a function, named by its executable: `FUNCTIONS` names some, or is empty for all.
pub fn is_chosen(executable: &str) -> bool {
    let chosen = std::env::var("FUNCTIONS").unwrap_or_default();
    chosen.trim().is_empty() || chosen.split_whitespace().any(|name| name == executable)
}

/// Returns the functions to measure, by the names of their executables.
pub fn functions() -> Vec<Function> {
    let template = Template::parse(include_str!("../../template.yaml"));
    let template = template.unwrap_or_else(|error| panic!("template.yaml: {error}"));
    let chosen = template.functions.into_values().filter(|function| is_chosen(&function.executable));
    let mut functions: Vec<_> = chosen.collect();
    functions.sort_by(|one, other| one.executable.cmp(&other.executable));
    functions
}

/// Starts `executable` as the function at the route of `request`, on the app's database. Returns it with the event of
/// the request.
pub fn start(app: &App, executable: &Path, request: &HttpRequest) -> (Process, Vec<u8>) {
    let function = route(app, request).function;
    let url = app.database().url_of(function.login);
    let variables = SETTINGS.iter().copied().chain([("DATABASE_URL", url.as_str())]);
    let process = Process::start(executable, function, variables);
    (process, event(app, request))
}

/// Returns API Gateway's event of `request`.
pub fn event(app: &App, request: &HttpRequest) -> Vec<u8> {
    request.event(&route(app, request), &app.template().stage).to_string().into_bytes()
}

fn route<'a>(app: &'a App, request: &HttpRequest) -> Match<'a> {
    let route = app.template().find(request.method.as_str(), request.path());
    route.expect("the template has a route for the request")
}

/// Returns a request with a client's headers; an empty body means none.
pub fn request(method: Method, target: &str, body: String) -> HttpRequest {
    let mut request = HttpRequest::new(method, target);
    request.headers.push((String::from("content-type"), String::from("application/json")));
    request.body = body.into_bytes();
    request
}
