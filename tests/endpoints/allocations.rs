//! How many allocations a request takes, against `tests/budget.json`.
//!
//! This process calls the endpoints itself, because it cannot count inside the executables. It cannot change its own
//! environment variables either, so it starts itself once for each endpoint. It counts the thread that handles the
//! request: reading the event, the endpoint with its queries, and the response; but neither the Lambda runtime nor the
//! thread that hashes passwords.

use std::{env, fs, io::Write, process::Command};

use shared::{Endpoint, http::Request, openapi::Documented, secrets::Secrets};
use tempfile::NamedTempFile;
use tokio::runtime::{Builder, Runtime};

use crate::{
    endpoints::{self, EndpointVisitor},
    support::{
        App,
        budget::Budget,
        template::{Function, Template},
        workload::{SETTINGS, Workload},
    },
};

/// The number of requests; the first one also prepares its statements.
const RUNS: usize = 6;

/// The fewest allocations of any event, after the visit of the executable's endpoint.
struct Count<'a> {
    executable: &'a str,
    events: &'a [String],
    fewest: Option<u64>,
}

impl EndpointVisitor for Count<'_> {
    fn visit<E: Documented>(&mut self, executable: &'static str) {
        if executable == self.executable {
            self.fewest = Some(fewest::<E>(self.events));
        }
    }
}

fn fewest<E: Endpoint>(events: &[String]) -> u64 {
    let runtime = runtime();
    let endpoint = runtime.block_on(E::start(&Secrets::default())).unwrap_or_else(|error| panic!("{error}"));
    let counts = events.iter().map(|event| {
        let mut is_answered = false;
        let answer = async {
            let request = Request::new(lambda_http::request::from_str(event).expect("it is an event"));
            is_answered = endpoint.handle(&request).await.is_ok();
        };
        let info = allocation_counter::measure(|| runtime.block_on(answer));
        assert!(is_answered, "{event} was refused");
        info.count_total
    });
    counts.min().expect("there are events")
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("the system has room for a runtime")
}

/// Prints the allocations of a request, if this process was started for that. Returns whether it was.
pub fn count() -> bool {
    let (Ok(executable), Ok(events)) = (env::var("COUNT"), env::var("EVENTS")) else { return false };
    let events = fs::read(events).expect("the file is there");
    let events: Vec<_> = serde_json::from_slice(&events).expect("texts");
    let mut count = Count { executable: &executable, events: &events, fewest: None };
    endpoints::visit(&mut count);
    println!("{}", count.fewest.unwrap_or_else(|| panic!("{executable} is not an endpoint")));
    true
}

/// Asserts that no request takes more allocations than the budget allows.
pub fn stay_within_budget(template: &Template) {
    let budget = Budget::read().requests;
    let mut over = Vec::new();
    for function in template.functions.values() {
        let Some(request) = budget.get(&function.executable) else { continue };
        let took = runtime().block_on(allocations(template, function));
        println!("{:24}{took:>6} allocations of {:>6}", function.executable, request.allocations);
        if took > request.allocations {
            over.push(format!(
                "{}: {took} allocations, {} allowed",
                function.executable, request.allocations
            ));
        }
    }
    assert!(over.is_empty(), "over budget: {over:#?}");
}

/// Returns the allocations of a request to a function, which a child process counts.
async fn allocations(template: &Template, function: &Function) -> u64 {
    let (workload, app) = (Workload::new(RUNS), App::start().await);
    Workload::clear_storage();
    workload.prepare(&mut app.db().await).await;
    let events: Vec<_> = (0..RUNS).map(|run| workload.event(template, function, run).to_string()).collect();
    let mut file = NamedTempFile::new().expect("the folder for temporary files is writable");
    file.write_all(&serde_json::to_vec(&events).expect("they are texts")).expect("the disk has room");
    let output = Command::new(env::current_exe().expect("this is an executable"))
        .env_clear()
        .envs(SETTINGS)
        .env("DATABASE_URL", app.database().url_of(function.login))
        .env("COUNT", &function.executable)
        .env("EVENTS", file.path())
        .output()
        .expect("this executable starts");
    let text = String::from_utf8_lossy(&output.stdout);
    let count = text.trim().parse();
    count.unwrap_or_else(|_| panic!("{}: {}", function.name, String::from_utf8_lossy(&output.stderr)))
}
