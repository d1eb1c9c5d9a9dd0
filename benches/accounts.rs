//! Measures whether response times reveal who has an account, and the costs of a login apart from the hash. Requests
//! alternate, on warm processes, with rate limits.

use serde_json::{Value, json};
use sqlx::{Executor, PgConnection};

use crate::{
    measure::{self, Figures, Hash, Process, Report, Target, Unit},
    support::{App, Method, accounts, gateway::HttpRequest},
};

const WARM_UP: usize = 10;
const LOGINS: usize = 200;
const RESETS: usize = 1000;

const ACTIVE: &str = "active@example.com";
const INACTIVE: &str = "inactive@example.com";
const UNKNOWN: &str = "unknown@example.com";

/// A kind of request with its response times.
struct RequestKind {
    name: &'static str,
    event: Vec<u8>,
    status: u64,
    figures: Figures,
}

impl RequestKind {
    fn new(app: &App, name: &'static str, request: &HttpRequest, status: u64) -> Self {
        Self { name, event: measure::event(app, request), status, figures: Figures::default() }
    }

    fn call(&self, process: &mut Process) -> f64 {
        let outcome = process.invoke(&self.event);
        assert_eq!(outcome.status(), self.status, "{}", self.name);
        outcome.took.as_secs_f64() * 1000.0
    }
}

pub async fn run(report: &mut Report) {
    let app = App::start().await;
    accounts::active(&app, ACTIVE).await;
    accounts::register(&app, INACTIVE).await;
    let mut db = app.db().await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
    if measure::is_chosen("login") {
        logins(report, &app, &mut db).await;
    }
    if measure::is_chosen("password_reset_request") {
        resets(report, &app);
    }
}

async fn logins(report: &mut Report, app: &App, db: &mut PgConnection) {
    let stored = sqlx::query_scalar("SELECT hashed_password FROM users WHERE email = $1").bind(ACTIVE);
    let mut hash = Hash::start(stored.fetch_one(db).await.expect("the account exists"));
    let login = |email, password| post("login/", &json!({ "email": email, "password": password }));
    let right = login(ACTIVE, accounts::PASSWORD);
    let mut kinds = [
        RequestKind::new(app, "login", &right, 201),
        RequestKind::new(app, "login, wrong password", &login(ACTIVE, "WrongPassword123!"), 401),
        RequestKind::new(app, "login, unknown address", &login(UNKNOWN, "WrongPassword123!"), 401),
    ];
    let (mut process, _) = measure::start(app, &measure::executable("login"), &right);
    let mut hashes = Figures::default();
    for run in 0..WARM_UP + LOGINS {
        let computed = hash.compute();
        if run >= WARM_UP {
            hashes.push_time(computed);
        }
        in_turn(&mut kinds, &mut process, run);
    }
    for kind in &kinds {
        let target = (kind.status == 201).then_some(Target::UpToTimes(1.05));
        let limit = Some(("one Argon2id computation", &hashes));
        report.add("beside a hash", kind.name, Unit::Milliseconds, &kind.figures, limit, target);
    }
    compare_work(report, &kinds[2], &kinds[1], 0.05);
}

fn resets(report: &mut Report, app: &App) {
    let request = |email| post("password-reset/request/", &json!({ "email": email }));
    let mut kinds = [
        ("reset request, active account", ACTIVE),
        ("reset request, inactive account", INACTIVE),
        ("reset request, unknown address", UNKNOWN),
    ]
    .map(|(name, email)| RequestKind::new(app, name, &request(email), 200));
    let executable = measure::executable("password_reset_request");
    let (mut process, _) = measure::start(app, &executable, &request(ACTIVE));
    for run in 0..WARM_UP + RESETS {
        in_turn(&mut kinds, &mut process, run);
    }
    for kind in &kinds[1..] {
        compare_work(report, kind, &kinds[0], 0.1);
    }
}

/// Adds a row that compares the times of two kinds of requests. They must not differ by more than a `part`, or they
/// would reveal who has an account.
fn compare_work(report: &mut Report, kind: &RequestKind, other: &RequestKind, part: f64) {
    let (limit, target) = (Some((other.name, &other.figures)), Some(Target::Within(part)));
    report.add("as long as another", kind.name, Unit::Milliseconds, &kind.figures, limit, target);
}

/// Sends every kind once, in each run starting with another, so that none always follows the same one.
fn in_turn(kinds: &mut [RequestKind], process: &mut Process, run: usize) {
    for place in 0..kinds.len() {
        let kind = &mut kinds[(run + place) % kinds.len()];
        let took = kind.call(process);
        if run >= WARM_UP {
            kind.figures.push(took);
        }
    }
}

fn post(path: &str, body: &Value) -> HttpRequest {
    measure::request(Method::POST, &format!("/api/v1/accounts/{path}"), body.to_string())
}
