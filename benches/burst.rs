//! Measures many concurrent requests to the list of movies: response times, environments that Lambda would start, and
//! database connections; then the same with a database that allows fewer connections than there are environments, with
//! reserved concurrency, and with a pooler.
//!
//! `processor time in the database` is the processor time of the database sessions per request.
//!
//! Includes a pooler if `POOLER_URL` is set: the URL of `TEST_DATABASE_URL` with the host and port of a pooler for that
//! server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{Executor, PgConnection, postgres::PgConnectOptions};
use tokio::task::JoinSet;

use crate::{
    measure::{self, Figures, Report, Unit},
    support::{App, catalogue, postgres::READER, template::Login},
};

const LIST: &str = "/api/v1/theater/movies/";
const FUNCTION: &str = "ListMovies";
const IN_FLIGHT: [usize; 4] = [1, 10, 100, 500];
/// The connections of a small server: about those of a `db.t4g.micro`.
const FEW_CONNECTIONS: u16 = 80;

/// Reports all figures, without limits.
pub async fn run(report: &mut Report) {
    for in_flight in IN_FLIGHT {
        let app = start(|_| ()).await;
        send(report, &app, &format!("{in_flight} at once, cold"), in_flight, in_flight).await;
        send(report, &app, &format!("{in_flight} at once"), in_flight, 2000).await;
    }

    let app = start(|_| ()).await;
    limit_connections(&app, i32::from(FEW_CONNECTIONS)).await;
    send(report, &app, &format!("100 at once, {FEW_CONNECTIONS} connections"), 100, 2000).await;
    // The limit of a role includes the connections that environments still have.
    drop(app);
    let app = start(|app| app.set_reserved_concurrency(FUNCTION, usize::from(FEW_CONNECTIONS))).await;
    limit_connections(&app, i32::from(FEW_CONNECTIONS)).await;
    send(report, &app, &format!("the same, {FEW_CONNECTIONS} reserved"), 100, 2000).await;
    drop(app);
    if let Ok(pooler) = std::env::var("POOLER_URL") {
        let pooler: PgConnectOptions = pooler.parse().expect("POOLER_URL is a URL of PostgreSQL");
        for in_flight in [100, 500] {
            let app = start(|app| {
                let url: PgConnectOptions =
                    app.database().url_of(Login::Reader).parse().expect("it is a URL");
                let url = url.host(pooler.get_host()).port(pooler.get_port());
                app.set_env("DATABASE_URL", sqlx::ConnectOptions::to_url_lossy(&url).as_str());
            })
            .await;
            send(report, &app, &format!("{in_flight} at once, pooler, cold"), in_flight, in_flight).await;
            send(report, &app, &format!("{in_flight} at once, pooler"), in_flight, 2000).await;
        }
    }
}

/// Starts the API with some movies.
async fn start(set: impl FnOnce(&mut App)) -> Arc<App> {
    let mut app = App::builder().executables(measure::release()).start().await;
    set(&mut app);
    let mut db = app.db().await;
    catalogue::movies(&mut db, 300).await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
    limit_connections(&app, -1).await;
    Arc::new(app)
}

/// Limits the connections of functions that read, as a full server does; -1 for no limit.
async fn limit_connections(app: &App, connections: i32) {
    let statement = format!("ALTER ROLE {} CONNECTION LIMIT {connections}", READER);
    app.db().await.execute(sqlx::AssertSqlSafe(statement)).await.expect("the superuser may");
}

/// Sends `requests`, `in_flight` of them concurrently.
async fn send(report: &mut Report, app: &Arc<App>, name: &str, in_flight: usize, requests: usize) {
    let mut db = app.db().await;
    let cpu_before = cpu(&sessions(&mut db).await);
    let done = Arc::new(AtomicBool::new(false));
    let connections = tokio::spawn(most_connections(app.db().await, Arc::clone(&done)));
    let left = Arc::new(AtomicUsize::new(requests));
    let mut clients = JoinSet::new();
    let began = Instant::now();
    for number in 0..in_flight as u64 {
        clients.spawn(client(Arc::clone(app), Arc::clone(&left), number));
    }
    let (mut times, mut failed) = (Figures::default(), 0);
    while let Some(outcome) = clients.join_next().await {
        let (own, errors) = outcome.expect("a client does not panic");
        own.into_iter().for_each(|time| times.push_time(time));
        failed += errors;
    }
    let per_second = requests as f64 / began.elapsed().as_secs_f64();
    done.store(true, Ordering::Relaxed);
    let connections = connections.await.expect("the watcher does not panic");
    let cpu = cpu(&sessions(&mut db).await);
    let database = cpu.saturating_sub(cpu_before).as_secs_f64() * 1000.0 / requests as f64;
    for (figure, unit, figures) in [
        ("environments", Unit::Count, Figures::from(app.environments(FUNCTION) as f64)),
        ("connections", Unit::Count, Figures::from(connections as f64)),
        ("answers", Unit::PerSecond, Figures::from(per_second)),
        ("99th percentile", Unit::Milliseconds, Figures::from(times.percentile(99))),
        ("time", Unit::Milliseconds, times),
        ("5xx", Unit::Count, Figures::from(failed as f64)),
        ("processor time in the database", Unit::Milliseconds, Figures::from(database)),
    ] {
        report.add(figure, name, unit, &figures, None, None);
    }
}

/// Sends one request after another while any are left, with up to five retries each. Returns the times, and the
/// number of 5xx responses.
async fn client(app: Arc<App>, left: Arc<AtomicUsize>, seed: u64) -> (Vec<Duration>, usize) {
    let (mut times, mut failed) = (Vec::new(), 0);
    let take = |left: usize| left.checked_sub(1);
    while left.try_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok() {
        let began = Instant::now();
        let mut pauses = pauses(seed + times.len() as u64);
        while app.get(LIST).await.status.is_server_error() {
            failed += 1;
            let Some(pause) = pauses.next() else { break };
            tokio::time::sleep(pause).await;
        }
        times.push(began.elapsed());
    }
    (times, failed)
}

/// Returns the pauses before five retries of a well-behaved client: 50 to 100 ms, doubling every time.
fn pauses(seed: u64) -> impl Iterator<Item = Duration> {
    (0..5).map(move |tries| {
        let shortest = 50 << tries;
        let spread = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(tries);
        Duration::from_millis(shortest + spread % shortest)
    })
}

/// Returns the largest number of concurrent sessions of functions until `done`.
async fn most_connections(mut db: PgConnection, done: Arc<AtomicBool>) -> usize {
    let mut most = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while !done.load(Ordering::Relaxed) {
        tick.tick().await;
        most = most.max(sessions(&mut db).await.len());
    }
    most
}

/// Returns PostgreSQL's processes for the functions' sessions in the app's database.
async fn sessions(db: &mut PgConnection) -> Vec<i32> {
    let statement =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user";
    sqlx::query_scalar(statement).fetch_all(db).await.expect("the server answers")
}

fn cpu(processes: &[i32]) -> Duration {
    processes.iter().map(|process| measure::cpu(process.unsigned_abs())).sum()
}
