//! Gives `make sam`, which is Python for the sake of SAM, what the local commands know.

use std::env::consts::ARCH;

use serde_json::{Map, Value, json};

use crate::{
    database,
    files::root,
    functions::cargo,
    lock::Running,
    ports,
    problem::{Problem, Result},
    settings,
};

/// The executables are debug builds, in another folder than those of `make build`.
const EXECUTABLES: &str = "target/local";

/// Builds the functions for Lambda's containers, and returns what runs them: ports, the URL of the database, and
/// variables. Fails if `make dev` does not run, or the port is not free.
pub fn prepare() -> Result<Value> {
    let Some(dev) = Running::find()? else {
        return Err(Problem::new(
            "`make sam` uses the database of `make dev`; start that first, in another terminal.",
        ));
    };
    let port = ports::of_environment(3000)?;
    let architecture = if ARCH == "x86_64" { "x86_64" } else { "arm64" };
    let option = format!("--{}", architecture.replace('_', "-"));
    let executables = root().join(EXECUTABLES);
    let folder = format!("--lambda-dir={}", executables.display());
    cargo(&["lambda", "build", "--locked", &option, &folder], root(), &[])?;
    let url = match database::given() {
        Some(url) => url,
        None => database::of(&dev)?.as_ref().to_owned(),
    };
    let variables = settings::environment(dev.port, Some(&url))?;
    let variables: Map<_, _> =
        variables.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    Ok(json!({
        "architecture": architecture,
        "executables": executables,
        "port": port,
        "dev_port": dev.port,
        "database_url": url,
        "variables": variables,
    }))
}
