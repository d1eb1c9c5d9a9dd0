//! Does in the containers of `compose.yaml` what `make dev` does locally, because each service needs one of its steps.

use std::{
    fs, thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::json;

use crate::{
    dev,
    files::root,
    functions::{Functions, cargo},
    http::{self, LOCALHOST},
    interrupt, output, ports,
    problem::{Problem, Result},
};

const PORT: u16 = 8000;
const MINUTE: u64 = 60;

/// Each function with its schedule in the template. `rotate` is absent: the functions share one login here.
pub const SCHEDULES: [(&str, &str); 2] =
    [("send_mail", "rate(1 minute)"), ("purge_tokens", "cron(30 3 * * ? *)")];

/// Migrates, and imports the seed catalogue into an empty database. Fails also when a signal stops it, so that `api` does
/// not start.
pub fn migrator() -> Result {
    cargo(&["build", "--bin=manage"], root(), &[])?;
    let port = ports::free(0)?;
    let functions = Functions::serve(LOCALHOST, port, None)?;
    dev::prepare(port)?;
    drop(functions);
    output::line("The database is ready.")
}

/// Serves the functions, and recompiles them when a source file changes, until a signal arrives. Fails if one cannot
/// start or ends early.
pub fn api() -> Result {
    cargo(&["build", "--bins"], root(), &[])?;
    // A published port forwards to the container's address, not to its loopback.
    let mut functions = Functions::serve("0.0.0.0", PORT, None)?;
    dev::ready(PORT, &functions, || Ok(()))?;
    loop {
        interrupt::pause(Duration::from_millis(500))?;
        dev::check_server(&mut functions)?;
    }
}

/// Requests a page of movies, which needs the database. Fails unless it succeeds.
pub fn health() -> Result {
    dev::check(PORT)
}

/// Invokes functions on the schedules of the template, as EventBridge does, until a signal arrives.
pub fn scheduler() -> Result {
    loop {
        let now = seconds();
        interrupt::pause(Duration::from_secs(MINUTE - now % MINUTE))?;
        for function in due(seconds() / MINUTE % (24 * 60)) {
            // An invocation that never ends must not delay the next: a live reload loses the event in progress.
            thread::spawn(move || invoke(function));
        }
    }
}

/// Returns the functions of a minute of the day.
fn due(minute: u64) -> impl Iterator<Item = &'static str> {
    let due = SCHEDULES.iter().filter(move |(_, schedule)| runs_at(schedule, minute));
    due.map(|(function, _)| *function)
}

/// Returns whether a schedule, which is every minute or once a day, includes this minute of the day.
fn runs_at(schedule: &str, minute: u64) -> bool {
    let Some(fields) = schedule.strip_prefix("cron(") else { return schedule == "rate(1 minute)" };
    let mut fields = fields.split(' ').map_while(|field| field.parse::<u64>().ok());
    (fields.next(), fields.next()) == (Some(minute % 60), Some(minute / 60))
}

/// Invokes the function, and notes a success in /tmp for the health check. A failure is only printed.
fn invoke(function: &str) {
    let failure = match http::invoke("api", PORT, function, &json!({})) {
        Ok(Ok(_)) => fs::write(format!("/tmp/{function}"), "").err().map(|error| error.to_string()),
        Ok(Err(error)) => Some(error.to_string()),
        Err(Problem::Interrupted) => None,
        Err(problem) => Some(problem.to_string()),
    };
    if let Some(failure) = failure {
        output::note(format_args!("{function} failed: {failure}\n"));
    }
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purge_runs_once_a_day_and_mail_every_minute() {
        assert_eq!(due(0).collect::<Vec<_>>(), ["send_mail"]);
        assert_eq!(due(210).collect::<Vec<_>>(), ["send_mail", "purge_tokens"]);
        assert!(runs_at("cron(5 14 * * ? *)", 845) && !runs_at("cron(5 14 * * ? *)", 844));
        assert_eq!((0..24 * 60).flat_map(due).filter(|name| *name == "purge_tokens").count(), 1);
    }
}
