//! Whether the time that an answer takes tells who has an account, and what a login costs beside the hash that
//! it computes. Everything is measured in turn, on warm processes, with limits on attempts. Linux only.

#[path = "support/mod.rs"]
mod measure;
#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use measure::{Figures, Hash, Process};
use serde_json::{Value, json};
use sqlx::{Executor, PgConnection, Row};
use support::{App, Method, accounts, gateway::HttpRequest};

const WARM_UP: usize = 10;
const LOGINS: usize = 200;
const RESETS: usize = 1000;

const ACTIVE: &str = "active@example.com";
const INACTIVE: &str = "inactive@example.com";
const UNKNOWN: &str = "unknown@example.com";

/// Every attempt is counted, as in production, and none refused.
const LIMITS: [(&str, &str); 7] = [
    ("RATE_LIMITS", "on"),
    ("LOGIN_LIMIT", "1000000"),
    ("LOGIN_LIMIT_PER_ADDRESS", "1000000"),
    ("LOGIN_LIMIT_PER_CLIENT", "1000000"),
    ("MAIL_LIMIT", "1000000"),
    ("MAIL_LIMIT_PER_ADDRESS", "1000000"),
    ("MAIL_LIMIT_PER_CLIENT", "1000000"),
];

/// One kind of request, and how long its answers took.
struct Kind {
    name: &'static str,
    event: Vec<u8>,
    status: u64,
    figures: Figures,
}

impl Kind {
    fn new(app: &App, name: &'static str, request: &HttpRequest, status: u64) -> Self {
        Self { name, event: measure::event(app, request), status, figures: Figures::default() }
    }

    fn call(&self, process: &mut Process) -> Duration {
        let outcome = process.invoke(&self.event);
        assert_eq!(outcome.status, self.status, "{}: {}", self.name, outcome.payload);
        outcome.took
    }
}

#[tokio::main]
async fn main() {
    let app = App::start().await;
    accounts::active(&app, ACTIVE).await;
    accounts::register(&app, INACTIVE).await;
    let mut db = app.db().await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
    logins(&app, &mut db).await;
    resets(&app, &mut db).await;
}

async fn logins(app: &App, db: &mut PgConnection) {
    let stored = sqlx::query_scalar("SELECT hashed_password FROM users WHERE email = $1").bind(ACTIVE);
    let mut hash = Hash::start(stored.fetch_one(db).await.expect("the account exists"));
    let login = |email, password| post("login/", &json!({ "email": email, "password": password }));
    let right = login(ACTIVE, accounts::PASSWORD);
    let mut kinds = [
        Kind::new(app, "right password", &right, 201),
        Kind::new(app, "wrong password", &login(ACTIVE, "WrongPassword123!"), 401),
        Kind::new(app, "unknown address", &login(UNKNOWN, "WrongPassword123!"), 401),
    ];
    let (mut process, _) = measure::start(app, &measure::executable("login"), &right, &LIMITS);
    let mut hashes = Figures::default();
    let mut before = Default::default();
    for run in 0..WARM_UP + LOGINS {
        if run == WARM_UP {
            before = (hash.cpu(), process.cpu());
        }
        let computed = hash.compute();
        if run >= WARM_UP {
            hashes.push(computed);
        }
        in_turn(&mut kinds, &mut process, run);
    }
    println!("login, {LOGINS} runs each, in turn; ms as median [quartiles]");
    row("one Argon2id computation", &hashes, &hashes);
    for kind in &kinds {
        row(kind.name, &kind.figures, &hashes);
    }
    println!("unknown address / wrong password: {:.3}", kinds[2].figures.over(&kinds[1].figures));
    let each = |after: Duration, before, calls: usize| ms(after.saturating_sub(before)) / calls as f64;
    println!(
        "processor time in ms, mean: {:.2} for a computation, {:.2} for a login",
        each(hash.cpu(), before.0, LOGINS),
        each(process.cpu(), before.1, kinds.len() * LOGINS)
    );
    println!(
        "one process: {:.1} logins per second; {:.1} computations",
        1000.0 / ms(kinds[0].figures.median()),
        1000.0 / ms(hashes.median())
    );
    println!("peak memory of login: {:.1} MiB", process.peak_memory() as f64 / 1024.0);
}

async fn resets(app: &App, db: &mut PgConnection) {
    let request = |email| post("password-reset/request/", &json!({ "email": email }));
    let mut kinds =
        [("active account", ACTIVE), ("inactive account", INACTIVE), ("unknown address", UNKNOWN)]
            .map(|(name, email)| Kind::new(app, name, &request(email), 200));
    let executable = measure::executable("password_reset_request");
    let (mut process, _) = measure::start(app, &executable, &request(ACTIVE), &LIMITS);
    for run in 0..WARM_UP + RESETS {
        in_turn(&mut kinds, &mut process, run);
    }
    println!("\nreset request, {RESETS} runs each, in turn; ms as median [quartiles]");
    for kind in &kinds {
        row(kind.name, &kind.figures, &kinds[0].figures);
        let before = Written::so_far(db).await;
        for _ in 0..RESETS {
            kind.call(&mut process);
        }
        let after = Written::so_far(db).await;
        let each = |after: i64, before: i64| (after - before) as f64 / RESETS as f64;
        println!(
            "    {:.2} transactions that write, {:.0} bytes of WAL",
            each(after.transactions, before.transactions),
            each(after.wal, before.wal)
        );
    }
}

/// Calls every kind once, at each run beginning with another, so that none always follows the same one.
fn in_turn(kinds: &mut [Kind], process: &mut Process, run: usize) {
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

fn row(name: &str, figures: &Figures, base: &Figures) {
    println!("{name:26} {:>24}  x {:.3}", figures.spread(), figures.over(base));
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// What the server has written: how many transactions that changed anything, and how many bytes of WAL.
struct Written {
    transactions: i64,
    wal: i64,
}

impl Written {
    /// Read off the counters that every such transaction moves; the statistics views lag behind.
    async fn so_far(db: &mut PgConnection) -> Self {
        let statement = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint,
                                pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
        let row = db.fetch_one(statement).await.expect("the server answers");
        Self { transactions: row.get(0), wal: row.get(1) }
    }
}
