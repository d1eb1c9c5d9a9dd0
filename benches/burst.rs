//! Many requests at once: what the list of movies answers, how many environments Lambda would start for it, and
//! how many connections the database sees; then how a database that takes fewer connections than there are
//! environments fares, and what reserved concurrency and a pooler change.
//!
//! `database time` is the processor time that the sessions of the database took for a request.
//!
//! A pooler is tried when `POOLER_URL` names one, in front of the server of `TEST_DATABASE_URL`: the same URL but
//! for host and port.

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
/// What a small server takes: a `db.t4g.micro` offers about this many connections.
const FEW_CONNECTIONS: u16 = 80;

/// Reports all of it without a limit.
pub async fn run(report: &mut Report) {
    for in_flight in IN_FLIGHT {
        let app = start(|_| ()).await;
        send(report, &app, &format!("{in_flight} at once, cold"), in_flight, in_flight).await;
        send(report, &app, &format!("{in_flight} at once"), in_flight, 2000).await;
    }

    let app = start(|_| ()).await;
    limit_connections(&app, i32::from(FEW_CONNECTIONS)).await;
    send(report, &app, &format!("100 at once, {FEW_CONNECTIONS} connections"), 100, 2000).await;
    // A role's limit counts what any environment still has.
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

/// The API with some movies in it.
async fn start(set: impl FnOnce(&mut App)) -> Arc<App> {
    let mut app = App::builder().executables(measure::release()).start().await;
    set(&mut app);
    let mut db = app.db().await;
    catalogue::movies(&mut db, 300).await;
    db.execute("VACUUM ANALYZE").await.expect("the server answers");
    limit_connections(&app, -1).await;
    Arc::new(app)
}

/// Lets the functions that read have only so many connections at once, as a full server would; -1 for as many as
/// they like.
async fn limit_connections(app: &App, connections: i32) {
    let statement = format!("ALTER ROLE {} CONNECTION LIMIT {connections}", READER);
    app.db().await.execute(sqlx::AssertSqlSafe(statement)).await.expect("the superuser may");
}

/// Sends `requests`, always `in_flight` of them at once.
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
        ("database time", Unit::Milliseconds, Figures::from(database)),
    ] {
        report.add(figure, name, unit, &figures, None, None);
    }
}

/// Sends one request after another while any are left, each until it is answered or five new tries were in vain.
/// Gives how long that took, and how many of the answers on the way were 5xx.
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

/// How long a well-behaved client waits before each of five new tries: 50 to 100 ms, and twice as much every time.
fn pauses(seed: u64) -> impl Iterator<Item = Duration> {
    (0..5).map(move |tries| {
        let shortest = 50 << tries;
        let spread = (seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(tries);
        Duration::from_millis(shortest + spread % shortest)
    })
}

/// The most sessions of functions that were seen at once until `done`.
async fn most_connections(mut db: PgConnection, done: Arc<AtomicBool>) -> usize {
    let mut most = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    while !done.load(Ordering::Relaxed) {
        tick.tick().await;
        most = most.max(sessions(&mut db).await.len());
    }
    most
}

/// The server's processes for the functions' sessions on the app's database.
async fn sessions(db: &mut PgConnection) -> Vec<i32> {
    let statement =
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user";
    sqlx::query_scalar(statement).fetch_all(db).await.expect("the server answers")
}

fn cpu(processes: &[i32]) -> Duration {
    processes.iter().map(|process| measure::cpu(process.unsigned_abs())).sum()
}
