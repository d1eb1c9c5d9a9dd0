//! The command line of `cargo xtask`.

use std::{env, process::ExitCode};

use xtask::{
    compose, database, dev, interrupt, manage, output,
    problem::{About, Problem, Result},
    psql, queries, sam, sizes,
};

const USAGE: &str = "usage: cargo xtask COMMAND

    dev                      runs the API and its database until Ctrl-C (make dev)
    psql                     opens psql on the database (make psql)
    reset                    deletes the local database (make reset)
    manage EVENT             invokes the function manage with a JSON event (make manage)
    import FILE              imports a catalogue from a path or s3://bucket/key (make import)
    adopt                    takes over the database of SOURCE (make adopt)
    queries check|write      checks or updates .sqlx/ (make lint, make sqlx)
    sizes FILE…              compares executables with tests/budget.json (make package)
    sam                      builds for Lambda's containers, and prints what runs them as JSON (make sam)
    compose migrator|api|health|scheduler
                             runs a service of compose.yaml";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(Problem::Interrupted) if matches!(arguments[..], ["dev"] | ["compose", "api" | "scheduler"]) => {
            let _ = output::line("Stopped.");
            ExitCode::SUCCESS
        }
        Err(Problem::Interrupted) => ExitCode::from(130),
        Err(problem) => {
            output::note(format_args!("error: {problem}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<ExitCode> {
    interrupt::listen().about("the handlers of signals")?;
    match arguments {
        ["dev"] => dev::dev()?,
        ["psql"] => return Ok(code(psql::open()?.code())),
        ["reset"] => database::reset()?,
        ["manage", event] => return manage(&manage::event(event)?),
        ["import", file] => return manage(&manage::import(file)?),
        ["adopt"] => return manage(&manage::adopt()?),
        ["queries", "check"] => queries::check()?,
        ["queries", "write"] => queries::write()?,
        ["sizes", files @ ..] => sizes::check(files)?,
        ["sam"] => output::line(sam::prepare()?)?,
        ["compose", "migrator"] => compose::migrator()?,
        ["compose", "api"] => compose::api()?,
        ["compose", "health"] => compose::health()?,
        ["compose", "scheduler"] => compose::scheduler()?,
        _ => {
            output::note(format_args!("{USAGE}\n"));
            return Ok(ExitCode::from(2));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints the result as JSON. The exit code is 1 for an error.
fn manage(events: &[serde_json::Value]) -> Result<ExitCode> {
    let outcome = manage::manage(events)?;
    let (Ok(result) | Err(result)) = &outcome;
    output::line(format_args!("{result:#}"))?;
    Ok(if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the exit code of a program, or 1 if a signal has ended it.
fn code(code: Option<i32>) -> ExitCode {
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}
