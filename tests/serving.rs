//! The life of a function: invalid settings, lost connections, concurrent requests, and logs.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::AbortHandle,
};

use crate::support::{App, Method, Reply, catalogue};

const LIST: &str = "/api/v1/theater/movies/";

fn assert_failed(reply: &Reply) {
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json(), json!({"detail": "Internal Server Error"}));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn head_has_no_body_for_any_status() {
    let app = App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").start().await;
    for (path, status) in
        [("/api/v1/theater/movies/", 500), ("/api/v1/accounts/login/", 405), ("/nowhere", 404)]
    {
        let reply = app.request(Method::HEAD, path).send().await;
        assert_eq!((reply.status.as_u16(), reply.text()), (status, String::new()), "{path}");
    }
}

#[tokio::test]
async fn invalid_setting_returns_500_and_is_logged() {
    for (url, problem) in [
        ("postgres://root:hunter2@db:port/movies", "DATABASE_URL is not a PostgreSQL connection URL"),
        ("mysql://root:hunter2@127.0.0.1:1/movies", "DATABASE_URL must start with postgres://"),
        ("root:hunter2@127.0.0.1:1/movies", "DATABASE_URL must start with postgres://"),
        ("", "POSTGRES_HOST is not set"),
    ] {
        let app = App::builder().env("DATABASE_URL", url).start().await;
        assert_failed(&app.get(LIST).await);
        assert_failed(&app.get("/api/v1/theater/movies/1/").await);
        assert_failed(&app.get(LIST).await);
        assert_eq!(app.environments("ListMovies"), 1, "the process outlives its failure");
        for function in ["ListMovies", "GetMovie"] {
            let log = app.logs(function);
            assert!(log.contains(problem), "{problem} is not in {log}");
            assert!(!log.contains("hunter2"), "a password is in {log}");
        }
    }
}

#[tokio::test]
async fn database_url_accepts_both_postgresql_schemes() {
    let mut app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    let url = app.database().url();
    let (_, address) = url.split_once("://").unwrap();
    app.set_env("DATABASE_URL", &format!("postgresql://{address}"));
    assert!(url.starts_with("postgres://"));
    assert_eq!(app.get(LIST).await.status, 200);
    assert_eq!(app.get("/api/v1/theater/movies/1/").await.status, 200);
}

/// Ends every connection of a function and waits until they are closed. Returns their number.
async fn end_connections(db: &mut PgConnection, function: &str) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = $1",
    )
    .bind(function)
    .fetch_one(db)
    .await
    .unwrap()
}

#[tokio::test]
async fn connection_lost_between_requests_is_replaced() {
    let app = App::start().await;
    let mut db = app.db().await;
    let id = catalogue::movie(&mut db, "Heat").await;
    for (function, path) in [("ListMovies", LIST), ("GetMovie", &format!("{LIST}{id}/"))] {
        for _ in 0..3 {
            assert_eq!(app.get(path).await.status, 200, "{function}");
            assert_eq!(end_connections(&mut db, function).await, 1, "{function}");
        }
        assert_eq!(app.get(path).await.status, 200, "{function}");
        assert_eq!(app.environments(function), 1, "{function}");
    }
}

/// A proxy to the database that can be closed.
struct Gate {
    url: String,
    open: Arc<AtomicBool>,
    listening: AbortHandle,
}

impl Gate {
    async fn shut_before(app: &App) -> Self {
        let database = app.database().options();
        let target = (database.get_host().to_owned(), database.get_port());
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = database.clone().host("127.0.0.1").port(port).to_url_lossy().to_string();
        let open = Arc::new(AtomicBool::new(false));
        let is_open = Arc::clone(&open);
        let listening = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                if is_open.load(Ordering::Relaxed) {
                    let mut server = TcpStream::connect(&target).await.unwrap();
                    tokio::spawn(async move { copy_bidirectional(&mut client, &mut server).await });
                }
            }
        });
        Self { url, open, listening: listening.abort_handle() }
    }

    fn open(&self) {
        self.open.store(true, Ordering::Relaxed);
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

#[tokio::test]
async fn unreachable_database_returns_500_until_recovery() {
    let mut app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    let gate = Gate::shut_before(&app).await;
    app.set_env("DATABASE_URL", &gate.url);
    assert_failed(&app.get(LIST).await);
    assert_failed(&app.get(LIST).await);
    gate.open();
    assert_eq!(app.get(LIST).await.status, 200);
    assert_eq!(app.environments("ListMovies"), 1);
}

#[tokio::test]
async fn concurrent_requests_run_in_separate_environments() {
    let app = App::start().await;
    catalogue::movie(&mut app.db().await, "Heat").await;
    for _ in 0..2 {
        let replies = join_all((0..20).map(|_| app.get(LIST))).await;
        assert!(replies.iter().all(|reply| reply.status == 200));
        assert_eq!(app.environments("ListMovies"), 20);
    }
    for _ in 0..20 {
        assert_eq!(app.get(LIST).await.status, 200);
    }
    assert_eq!(app.environments("ListMovies"), 20, "an idle environment is used again");
}

#[tokio::test]
async fn each_request_writes_one_log_line() {
    let app = App::start().await;
    app.get("/api/v1/theater/movies/?page=0").await;
    app.get("/api/v1/theater/movies/").await;
    let log = app.logs("ListMovies");
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).expect("a line is JSON"));
    let answered: Vec<_> = lines.filter(|line| line["message"] == "answered").collect();
    let summary = |line: &Value| (line["status"].clone(), line["cold_start"].clone());
    let summaries: Vec<_> = answered.iter().map(summary).collect();
    assert_eq!(summaries, [(json!(422), json!(true)), (json!(404), json!(false))]);
    for line in &answered {
        assert_eq!(line["route"], "/api/v1/theater/movies");
        assert_eq!(line["method"], "GET");
        assert!(line["duration_ms"].is_number());
        assert_eq!(line["trace_id"], "1-5bef4de7-ad49b0e87f6ef6c87fc2e700");
        for id in ["request_id", "api_request_id"] {
            assert!(line[id].as_str().is_some_and(|id| !id.is_empty()), "{id}: {line}");
        }
    }
    assert_ne!(answered[0]["request_id"], answered[1]["request_id"]);
}
