//! Checks how often a request waits for the database, against `tests/budget.json`.

use std::{collections::BTreeMap, fs};

use serde_json::Value;
use sqlx::{ConnectOptions, postgres::PgConnectOptions};

use crate::support::{
    App,
    budget::Budget,
    proxy::Proxy,
    template::Template,
    workload::{SETTINGS, Workload},
};

/// The number of requests; the first one also prepares its statements and does not count.
const RUNS: usize = 3;

#[tokio::test]
async fn database_round_trips_stay_within_budget() {
    let template = Template::parse(include_str!("../template.yaml")).unwrap();
    let mut budget = Budget::read().requests;
    let mut over = BTreeMap::new();
    for (name, function) in template.functions.iter().filter(|(_, function)| !function.routes.is_empty()) {
        let took = round_trips(name).await;
        let allowed = budget.remove(&function.executable).map(|request| request.round_trips);
        if took > allowed.unwrap_or_default() {
            let allowed =
                allowed.map_or("none known to tests/budget.json".into(), |most| format!("{most} allowed"));
            over.insert(&function.executable, format!("{took} round trips, {allowed}"));
        }
    }
    assert!(over.is_empty(), "over budget: {over:#?}");
    assert!(budget.is_empty(), "the budget names unknown functions: {:?}", budget.keys());
}

/// Returns the round trips of a request to a function whose statements are prepared.
async fn round_trips(function: &str) -> usize {
    let workload = Workload::new(RUNS);
    let mut app = App::start().await;
    workload.prepare(&mut app.db().await).await;
    let options: PgConnectOptions =
        app.database().url_of(app.template().functions[function].login).parse().unwrap();
    let proxy = Proxy::start(options.get_host(), options.get_port());
    let url = options.host("127.0.0.1").port(proxy.port()).to_url_lossy();
    for (name, value) in SETTINGS.into_iter().chain([("DATABASE_URL", url.as_str())]) {
        app.set_env(name, value);
    }
    let mut round_trips = 0;
    for run in 0..RUNS {
        let template = app.template();
        let event = workload.event(template, &template.functions[function], run);
        let answer = app.invoke(function, event).await.unwrap();
        let status = answer["statusCode"].as_u64().unwrap();
        assert!(Workload::is_expected(&template.functions[function], status), "{function}: {answer}");
        let took = proxy.take().round_trips;
        round_trips = if run == 0 { 0 } else { round_trips.max(took) };
    }
    round_trips
}

/// sqlx looks up the id of an unknown type once per connection, which is an extra round trip.
#[test]
fn queries_use_only_types_known_to_sqlx() {
    let mut queries = 0;
    for file in fs::read_dir(xtask::root().join(".sqlx")).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let query: Value = serde_json::from_str(&text).unwrap();
        assert!(!query["describe"].to_string().contains("\"Custom\""), "{}", query["query"]);
        queries += 1;
    }
    assert!(queries > 30, "{queries}");
}
