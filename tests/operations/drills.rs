//! Rehearses incidents: the runbook's queries must show the cause, and its instructions must help. `DRILLS=<folder>`
//! records the results.

use std::{
    collections::BTreeSet,
    env, fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor};

use super::{database_gate::DatabaseGate, deployment::ResponseServer, monitoring, roles::Roles};
use crate::{
    mail::{self, smtp::Smtp},
    support::{
        App, Method, StatusCode,
        accounts::{self, PASSWORD},
        emf,
        insights::{self, Row},
    },
};

const LIST: &str = "/api/v1/theater/movies/";

/// Returns the result of a page's first query on the functions' log group.
fn runbook(page: &str, lines: &[Value]) -> Vec<Row> {
    let queries = monitoring::queries();
    let query = queries.iter().find(|(name, is_access, _)| name == page && !is_access);
    let (_, _, query) = query.unwrap_or_else(|| panic!("{page} has no query"));
    insights::run(query, lines).expect("the query is understood")
}

/// Returns the sum of a metric without dimensions, or with one value of its dimension.
fn sum(name: &str, dimension: Option<&str>, lines: &[Value]) -> f64 {
    let samples = lines.iter().flat_map(|line| emf::samples(line).expect("the format allows the line"));
    let samples = samples.filter(|sample| {
        sample.name == name && sample.dimensions.values().next().map(String::as_str) == dimension
    });
    samples.map(|sample| sample.value).sum()
}

/// Records the lines, and the result of the page's query for them.
fn record(drill: &str, page: &str, lines: &[Value]) {
    let Ok(folder) = env::var("DRILLS") else { return };
    let rows = runbook(page, lines).into_iter().map(|row| Value::from(row).to_string());
    let lines = lines.iter().map(Value::to_string);
    let text: Vec<_> =
        [format!("{page} shows:")].into_iter().chain(rows).chain(["log:".into()]).chain(lines).collect();
    fs::write(xtask::root().join(folder).join(format!("{drill}.txt")), text.join("\n"))
        .expect("the folder is writable");
}

fn error(row: &Row) -> &str {
    row["error"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn drill_database_outage_ends_with_recovery() {
    let plain = App::start().await;
    let mut gate = DatabaseGate::of(&plain).await;
    let url = plain.database().options().clone().host("127.0.0.1").port(gate.port);
    let app = mail::app("smtp://127.0.0.1:1").env("DATABASE_URL", url.to_url_lossy().as_str()).start().await;
    assert_eq!(app.get(LIST).await.status, 404);
    mail::send(&app).await;
    gate.close().await;
    let before = app.lines().len();
    for _ in 0..3 {
        assert_eq!(app.get(LIST).await.status, 500);
        assert_eq!(accounts::login(&app, "ann@example.com", PASSWORD).await.status, 500);
    }
    assert!(app.invoke("SendMail", json!({})).await.is_err());
    let lines = app.lines();
    let lost = lines.iter().filter(|line| line["message"].as_str().is_some_and(|text| text.contains("lost")));
    assert_eq!(lost.count(), 1, "a connection that could not be opened is not retried");
    record("database", "api-failures.md", &lines);
    let rows = runbook("api-failures.md", &lines);
    assert!(rows.iter().all(|row| error(row).contains("Connection refused")), "{rows:?}");
    assert_eq!(rows.iter().map(|row| row["failed"].as_u64().unwrap()).sum::<u64>(), 6);
    assert!(error(&runbook("send-mail.md", &lines)[0]).contains("The database cannot be reached"));
    let measured = lines.iter().filter(|line| line["OldestMailSeconds"].is_number()).count();
    assert_eq!((measured, lines.len() > before), (1, true), "the alarm fires if this metric is missing");

    gate.reopen().await;
    assert_eq!(app.get(LIST).await.status, 404);
    assert_eq!(accounts::login(&app, "ann@example.com", PASSWORD).await.status, 401);
    mail::send(&app).await;
    for function in ["ListMovies", "Login", "SendMail"] {
        assert_eq!(app.environments(function), 1, "{function} needs no restart");
    }
}

#[tokio::test]
async fn drill_overwritten_secret_is_repaired_by_rotation() {
    let roles = Roles::start("drill").await;
    roles.run("migrate").await;
    let app = roles.app_with(&roles.reader).await;
    assert_eq!(app.get(LIST).await.status, 404);
    let (username, _) = roles.credentials(&roles.reader);
    let wrong = json!({"username": username, "password": "not the password"}).to_string();
    let arguments = json!({"SecretId": roles.reader, "SecretString": wrong});
    roles.aws.secrets_manager("PutSecretValue", &arguments);
    assert_eq!(app.get(LIST).await.status, 404, "open connections keep working");
    let ended = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
                 WHERE datname = current_database() AND usename LIKE 'drill_reader%'";
    roles.app.db().await.execute(ended).await.unwrap();
    let fresh = roles.app_with(&roles.reader).await;
    assert_eq!(fresh.get(LIST).await.status, 500);
    let lines = fresh.lines();
    record("secret", "api-failures.md", &lines);
    let rows = runbook("api-failures.md", &lines);
    assert!(error(&rows[0]).contains("password authentication failed"), "{rows:?}");

    roles.run("rotate").await;
    assert_eq!(fresh.get(LIST).await.status, 404);
    assert_eq!(app.get(LIST).await.status, 404);
    assert_eq!((fresh.environments("ListMovies"), app.environments("ListMovies")), (1, 1));
}

#[tokio::test]
async fn drill_mail_outage_of_one_hour_loses_no_mail() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let server = Smtp::start(move |_| {
        let answer =
            if is_up.load(Ordering::Relaxed) { "250 OK" } else { "421 4.3.2 closing for maintenance" };
        Box::pin(async move { answer })
    })
    .await;
    let app = mail::app(&server.url).start().await;
    let mut db = app.db().await;
    for number in 0..3 {
        accounts::register(&app, &format!("reader{number}@example.com")).await;
    }
    for _ in 0..6 {
        mail::send(&app).await;
        let later =
            "UPDATE mail_outbox SET created_at = created_at - interval '10 minutes', next_attempt_at = now()";
        db.execute(later).await.unwrap();
    }
    mail::send(&app).await;
    let lines = app.lines();
    record("mail", "mail.md", &lines);
    let last = lines.iter().rfind(|line| line["OldestMailSeconds"].is_number()).unwrap();
    assert!(last["OldestMailSeconds"].as_f64().unwrap() >= 3600.0, "{last}");
    assert_eq!(last["MailsWaiting"], 3);
    let rows = runbook("mail.md", &lines);
    assert!(error(&rows[0]).contains("421") && rows[0]["mails"] == 21, "{rows:?}");

    up.store(true, Ordering::Relaxed);
    assert_eq!(mail::send(&app).await["sent"], 0, "each waits for its next attempt");
    let all = "UPDATE mail_outbox SET next_attempt_at = now() WHERE sent_at IS NULL AND given_up_at IS NULL";
    db.execute(all).await.unwrap();
    assert_eq!(mail::send(&app).await["sent"], 3);
    let lines = app.lines();
    let last = lines.iter().rfind(|line| line["OldestMailSeconds"].is_number()).unwrap();
    assert_eq!((&last["MailsWaiting"], &last["OldestMailSeconds"]), (&json!(0), &json!(0)));
}

#[tokio::test]
async fn drill_failed_migration_keeps_previous_release_running() {
    let app = App::start().await;
    let mut db = app.db().await;
    // Without their records the migrations run again, and fail because the tables exist.
    db.execute("DELETE FROM _sqlx_migrations").await.unwrap();
    let mut server = ResponseServer::with(StatusCode::OK).await;
    app.invoke("Manage", server.request("Update")).await.unwrap();
    let response = server.responses.recv().await.unwrap();
    assert_eq!(response["Status"], "FAILED", "CloudFormation rolls the deployment back");
    assert!(response["Reason"].as_str().unwrap().contains("failed and was rolled back"), "{response}");
    assert_eq!(app.get(LIST).await.status, 404);
    accounts::active(&app, "ann@example.com").await;
    assert_eq!(accounts::login(&app, "ann@example.com", PASSWORD).await.status, 201);
    let lines = app.lines();
    record("migration", "deployment.md", &lines);
    let rows = runbook("deployment.md", &lines);
    assert!(error(&rows[0]).contains("already exists"), "{rows:?}");
    assert_eq!(sum("MigrationsApplied", None, &lines), 0.0);
    let status = app.invoke("Manage", json!({"command": "status"})).await.unwrap();
    assert_eq!(status["up_to_date"], false);
}

#[tokio::test]
async fn drill_distributed_guessing_does_not_lock_out_owner() {
    let clients = if env::var("DRILLS").is_ok() { 25 } else { 12 };
    // A long window, so that no attempt is allowed again while the test runs.
    let limits = App::builder().env("RATE_LIMITS", "on").env("LIMIT_WINDOW_MINUTES", "1440");
    let app = limits.start().await;
    let login = async |client: &str, password: &str| {
        let body = json!({"email": "ann@example.com", "password": password});
        let request = app.request(Method::POST, "/api/v1/accounts/login/").body(body.to_string());
        let request = request.header("content-type", "application/json").source_ip(client);
        request.send().await.status.as_u16()
    };
    accounts::active(&app, "ann@example.com").await;
    assert_eq!(login("192.0.2.1", PASSWORD).await, 201, "her usual place");
    let mut statuses = Vec::new();
    for client in 0..clients {
        let client = format!("198.51.100.{client}");
        statuses.extend(join_all((0..10).map(|_| login(&client, "a guess at it"))).await);
    }
    assert_eq!(login("203.0.113.1", PASSWORD).await, 429, "a client that the account has not logged in from");
    assert_eq!(login("192.0.2.1", PASSWORD).await, 201, "her usual place");
    let lines = app.lines();
    record("logins", "failed-logins.md", &lines);
    let failed = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(sum("Errors", Some("Invalid email or password."), &lines), failed as f64);
    assert!((100..115).contains(&failed), "{statuses:?}");
    let rows = runbook("failed-logins.md", &lines);
    let logins = |status| -> u64 {
        rows.iter().filter(|row| row["status"] == status).filter_map(|row| row["logins"].as_u64()).sum()
    };
    assert_eq!((logins(201), logins(401)), (2, failed as u64), "{rows:?}");
    let hashes: BTreeSet<_> = lines.iter().filter_map(|line| line["address_hash"].as_str()).collect();
    assert_eq!(hashes.len(), 1, "all were about one address");
}
