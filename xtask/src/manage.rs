//! Invokes `manage` on the local database (`make manage`, `import`, `adopt`). If `make dev` does not run, or DATABASE_URL
//! names another database, it starts the function for its events.

use std::{
    env,
    path::{self, Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    database::{self, Database},
    files::root,
    functions::{Functions, cargo},
    http::{self, LOCALHOST},
    lock::{Lock, Running},
    ports,
    problem::{About, Problem, Result},
    variable::variable,
};

/// The result of a function, or the error that it reports.
pub type Outcome = std::result::Result<Value, Value>;

/// Invokes the function with each event until one fails, and returns the result of the last. Fails if the function
/// cannot start.
pub fn manage(events: &[Value]) -> Result<Outcome> {
    let is_elsewhere = database::given().is_some();
    let running = if is_elsewhere { None } else { Running::find()? };
    if let Some(dev) = running {
        return invoke(dev.port, events);
    }
    let _lock = if is_elsewhere { None } else { Some(Lock::take()?) };
    cargo(&["build", "--bin=manage"], root(), &[])?;
    let database = Database::serve()?;
    let port = ports::free(0)?;
    let _functions = Functions::serve(LOCALHOST, port, Some(database.url.as_ref()))?;
    invoke(port, events)
}

fn invoke(port: u16, events: &[Value]) -> Result<Outcome> {
    let mut outcome = Ok(Value::Null);
    for event in events {
        outcome = http::invoke(LOCALHOST, port, "manage", event)?;
        if outcome.is_err() {
            break;
        }
    }
    Ok(outcome)
}

/// Returns the event of `make manage`. Fails if it is not JSON.
pub fn event(text: &str) -> Result<Vec<Value>> {
    let event = serde_json::from_str(text).map_err(|error| {
        Problem::new(format!("the event is not JSON ({error}); quote it like '{{\"command\": \"status\"}}'."))
    })?;
    Ok(vec![event])
}

/// Returns the event of `make import`. Fails if the file does not exist.
pub fn import(source: &str) -> Result<Vec<Value>> {
    if source.is_empty() {
        return Err(Problem::new("name the file: make import CSV=movies.csv, or CSV=s3://bucket/key."));
    }
    if source.starts_with("s3://") {
        return Ok(vec![json!({"command": "import", "source": source})]);
    }
    let path = path::absolute(with_home(source)).about(source)?;
    if !path.is_file() {
        return Err(Problem::new(format!("the file {} does not exist.", path.display())));
    }
    Ok(vec![json!({"command": "import", "source": path})])
}

/// Returns the events of `make adopt`. Fails without the URL of a database.
pub fn adopt() -> Result<Vec<Value>> {
    // From the environment: the URL has a password, and all users of the machine can read a command line.
    let source = variable("SOURCE").ok_or_else(|| {
        Problem::new("name the database: SOURCE=postgres://user:password@host/database make adopt.")
    })?;
    let is_set = |flag| variable(flag).is_some_and(|value| value == "1");
    Ok(adopt_from(&source, is_set("REMOVE"), is_set("DRY_RUN")))
}

fn adopt_from(source: &str, remove: bool, dry_run: bool) -> Vec<Value> {
    let event = json!({"command": "adopt", "source": source, "remove": remove, "dry_run": dry_run});
    if dry_run {
        return vec![event];
    }
    // The database may be new, and `make dev` would import a catalogue, whose ids conflict.
    vec![json!({"command": "migrate"}), event]
}

/// Replaces `~` by the home folder, which the shell does not do after `CSV=`.
fn with_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(path).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_must_be_json() {
        assert_eq!(event(r#"{"command": "status"}"#).unwrap(), [json!({"command": "status"})]);
        let problem = event("status").unwrap_err().to_string();
        assert!(problem.starts_with("the event is not JSON (expected value"), "{problem}");
        assert!(problem.ends_with(r#"); quote it like '{"command": "status"}'."#), "{problem}");
    }

    #[test]
    fn adopt_migrates_unless_it_only_reports() {
        let source = "postgres://ann@localhost/movies";
        let [migrate, event] = &adopt_from(source, true, false)[..] else { panic!("there are two") };
        assert_eq!(migrate, &json!({"command": "migrate"}));
        let expected = json!({"command": "adopt", "source": source, "remove": true, "dry_run": false});
        assert_eq!(event, &expected);
        let expected = json!({"command": "adopt", "source": source, "remove": false, "dry_run": true});
        assert_eq!(adopt_from(source, false, true), [expected]);
    }

    #[test]
    fn import_takes_existing_files_and_objects_in_s3() {
        let object = import("s3://bucket/key").unwrap();
        assert_eq!(object, [json!({"command": "import", "source": "s3://bucket/key"})]);
        let file = import("Cargo.toml").unwrap();
        assert_eq!(file[0]["source"], json!(env::current_dir().unwrap().join("Cargo.toml")));
        let problem = import("/gone.csv").unwrap_err().to_string();
        assert_eq!(problem, "the file /gone.csv does not exist.");
        assert!(import("").unwrap_err().to_string().starts_with("name the file: make import CSV="));
    }
}
