//! Runs the API and its database until Ctrl-C (`make dev`), because several processes must start and end in order.
//!
//! The environment variable PORT sets the port, and DATABASE_URL names a PostgreSQL server to use instead of a local one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    database::{self, Database},
    files::root,
    functions::{Functions, cargo},
    http::{self, LOCALHOST},
    interrupt,
    lock::Lock,
    output, ports,
    problem::{Problem, Result},
    tools,
};

const LIST: &str = "/api/v1/theater/movies/";

/// Serves until a signal arrives. Fails if the API cannot start or ends early.
pub fn dev() -> Result {
    let lock = Lock::take()?;
    let port = ports::of_environment(8000)?;
    // Installs them before the build, which takes longer.
    tools::programs()?;
    cargo(&["build", "--bins"], root(), &[])?;
    let mut database = Database::serve()?;
    let mut functions = Functions::serve(LOCALHOST, port, Some(database.url.as_ref()))?;
    prepare(port)?;
    ready(port, &functions, || lock.announce(port, database::given().is_none()))?;
    loop {
        interrupt::pause(Duration::from_millis(500))?;
        if database.has_ended()? {
            return Err(Problem::new("PostgreSQL has ended unexpectedly."));
        }
        check_server(&mut functions)?;
    }
}

/// Migrates the database, and imports the seed catalogue if it is empty. Fails if `manage` does.
pub fn prepare(port: u16) -> Result {
    manage(port, "migrate")?;
    if manage(port, "status")?["counts"]["movies"] == 0 {
        output::line("Importing the seed catalogue …")?;
        manage(port, "import")?;
    }
    Ok(())
}

fn manage(port: u16, command: &str) -> Result<Value> {
    http::invoke(LOCALHOST, port, "manage", &json!({"command": command}))?.map_err(|error| {
        let message = error["errorMessage"].as_str().map_or_else(|| error.to_string(), str::to_owned);
        Problem::new(format!("{command}: {message}"))
    })
}

/// Requests a page of movies. Fails unless the status is 200.
pub fn check(port: u16) -> Result {
    match http::get(LOCALHOST, port, LIST)? {
        (200, _) => Ok(()),
        (status, body) => Err(Problem::new(format!(
            "GET {LIST} responds with {status}: {}",
            String::from_utf8_lossy(&body)
        ))),
    }
}

/// Requests a page, announces the API to other commands, and prints that it is ready. Fails if it is not.
pub fn ready(port: u16, functions: &Functions, announce: impl FnOnce() -> Result) -> Result {
    check(port)?;
    functions.started();
    announce()?;
    let url = format!("http://localhost:{port}");
    output::line(format_args!("\nThe API answers: {url}{LIST}, try it at {url}/docs (Ctrl-C stops it)\n"))
}

/// Fails if the server of the functions has ended.
pub fn check_server(functions: &mut Functions) -> Result {
    if functions.has_ended()? { Err(Problem::new("cargo lambda has ended unexpectedly.")) } else { Ok(()) }
}
