//! A hostile client: takes valid requests from the OpenAPI description and changes something about each.
//!
//! `cargo test hostile` sends two thousand; `make hostile MINUTES=30` sends as many as it can in that time. Both print
//! the seed and the number of each failing request: `HOSTILE_SEED=… HOSTILE_ONLY=…` sends it alone.

mod checks;
mod dice;
mod draft;
mod fixtures;
mod form;
mod giants;
mod json;
mod memory;
mod operation;
mod strategies;
mod summary;
mod texts;
mod tokens;

use std::{
    env,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use dice::Dice;
use draft::Draft;
use fixtures::Fixtures;
use futures_util::{StreamExt, stream};
use operation::Operation;
use summary::{Outcome, Summary};

use crate::support::{App, description::description, executables::build_all};

/// How many requests the test suite sends.
const REQUESTS: u64 = 2000;

/// How many are in flight at once.
const AT_ONCE: usize = 4;

/// The longest time of a request in a long run.
const SLOW: Duration = Duration::from_secs(2);

fn variable(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number")))
}

#[tokio::test]
async fn hostile_requests_never_break_the_service() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let seed = variable("HOSTILE_SEED").unwrap_or(now.as_millis() as u64);
    let time = variable("HOSTILE_MINUTES").map(|minutes| Duration::from_secs(60 * minutes));
    println!("HOSTILE_SEED={seed}");

    build_all().await;
    let app = match env::var("HOSTILE_EXECUTABLES") {
        Ok(folder) => App::builder().executables(xtask::root().join(folder)),
        Err(_) => App::builder(),
    };
    let app = app.start().await;
    let fixtures = Fixtures::prepare(&app).await;
    let (operations, description) = (Operation::all().await, description().await);
    let began = Instant::now();
    let numbers: Box<dyn Iterator<Item = u64>> = match (variable("HOSTILE_ONLY"), time) {
        (Some(number), _) => Box::new(number..=number),
        (None, Some(time)) => Box::new((0..).take_while(move |_| began.elapsed() < time)),
        (None, None) => Box::new(0..REQUESTS),
    };
    let mut summary = Summary::default();
    let mut outcomes = stream::iter(numbers)
        .map(async |number| exchange(&app, &fixtures, &operations, description, seed, number).await)
        .buffer_unordered(AT_ONCE);
    while let Some(outcome) = outcomes.next().await {
        let is_slow = time.is_some() && outcome.took > SLOW;
        summary.add(outcome, is_slow);
    }
    drop(outcomes);
    summary.processes(&app);
    println!("{summary}");
    assert!(summary.failures.is_empty(), "{} failures with HOSTILE_SEED={seed}", summary.failures.len());
}

async fn exchange(
    app: &App,
    fixtures: &Fixtures,
    operations: &[Operation],
    description: &'static serde_json::Value,
    seed: u64,
    number: u64,
) -> Outcome {
    let dice = &mut Dice::new(seed, number);
    let operation = dice.choose(operations);
    let mut draft = Draft::valid(operation, description, fixtures, dice);
    for _ in 0..dice.within(1..=3) {
        let (name, change) = dice.choose(&strategies::REQUEST);
        change(&mut draft, fixtures, dice);
        draft.strategies.push(name);
    }
    draft.note_secrets();
    let strategies = draft.strategies.join(", ");
    let (request, secrets) = draft.finish();
    let began = Instant::now();
    let reply = app.exchange(request.clone()).await;
    let took = began.elapsed();
    let faults = checks::faults(app, &request, &secrets, &reply).await;
    Outcome { number, operation: operation.id, strategies, request, reply, took, faults }
}
