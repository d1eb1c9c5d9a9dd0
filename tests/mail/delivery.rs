//! Working and failing mail servers, and concurrent runs.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::{Value, json};
use tokio::{
    join,
    sync::{Semaphore, watch},
};

use super::{
    app, assert_discreet, counts, metrics, pass_time, registration, registrations, send, smtp::Smtp, tokens,
};
use crate::support::{App, poll};

#[tokio::test]
async fn rejected_mail_is_retried_after_backoff() {
    let refusal = "451 4.7.1 <Reader@example.com> not now, reader@example.com; token-1? later";
    let server = Smtp::start(move |_| Box::pin(async move { refusal })).await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@example.com", "token-1").await;
    for (earlier, gap) in [1, 2, 4, 8, 16, 32, 60, 60].into_iter().enumerate() {
        assert_eq!(send(&app).await, counts(0, 1, 0, 1));
        assert_eq!(send(&app).await, counts(0, 0, 0, 1), "not due yet");
        assert_eq!(server.received().len(), earlier + 1);
        let minutes: f64 = sqlx::query_scalar(
            "SELECT extract(epoch FROM next_attempt_at - now())::float8 / 60 FROM mail_outbox",
        )
        .fetch_one(&mut db)
        .await
        .unwrap();
        assert!((f64::from(gap) - minutes).abs() < 0.5, "after {earlier} failures: {minutes}");
        pass_time(&mut db).await;
    }
    assert_eq!(tokens(&mut db).await, 1);
    assert!(app.logs("SendMail").contains("451"), "the log says why");
    assert!(app.logs("SendMail").contains("later"), "in the server's words");
    assert_discreet(&app, &["reader@example.com", "token-1", "hush-hush"]);
}

#[tokio::test]
async fn mail_is_sent_once_server_returns() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let server = Smtp::start(move |_| {
        let answer = if is_up.load(Ordering::Relaxed) { "250 OK" } else { "421 closing" };
        Box::pin(async move { answer })
    })
    .await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registrations(&mut db, 25).await;
    assert_eq!(send(&app).await, counts(0, 10, 0, 25), "one batch shows that nothing works");
    assert_eq!(metrics(&app)["MailsFailed"], json!(10));
    assert_eq!(metrics(&app)["MailsWaiting"], json!(25));
    up.store(true, Ordering::Relaxed);
    assert_eq!(send(&app).await, counts(15, 0, 0, 10));
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(10, 0, 0, 0));
    let recipients: BTreeSet<_> = server.recipients().into_iter().collect();
    assert_eq!((recipients.len(), server.received().len()), (25, 35));
    assert_eq!(tokens(&mut db).await, 0);
    let metrics = metrics(&app);
    assert_eq!(metrics["_aws"]["CloudWatchMetrics"][0]["Namespace"], "MovieTheater");
    assert_eq!(metrics["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([[]]));
    assert_eq!((&metrics["MailsSent"], &metrics["OldestMailSeconds"]), (&json!(10), &json!(0)));
}

#[tokio::test]
async fn unreachable_server_keeps_mail_waiting() {
    let app = app("smtp://127.0.0.1:1").start().await;
    registrations(&mut app.db().await, 2).await;
    assert_eq!(send(&app).await, counts(0, 2, 0, 2));
    assert!(app.logs("SendMail").contains("Connection refused"));
}

#[tokio::test]
async fn one_failing_mail_does_not_block_others() {
    let server = Smtp::start(|mail| {
        Box::pin(async move {
            match mail.to.as_str() {
                "reader1@example.com" => "550 no such user",
                "reader2@example.com" => std::future::pending().await,
                _ => "250 OK",
            }
        })
    })
    .await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registrations(&mut db, 12).await;
    registration(&mut db, "not an address", "token").await;
    assert_eq!(send(&app).await, counts(10, 3, 2, 1), "two can never arrive");
    assert_eq!(server.received().len(), 12);
    assert_discreet(&app, &["@example.com", "not an address"]);
}

/// Starts a server that accepts the first mails as soon as all of them have arrived.
async fn meeting(of: usize) -> Smtp {
    let sender = watch::Sender::new(0);
    let arrived = sender.subscribe();
    Smtp::start(move |_| {
        sender.send_modify(|count| *count += 1);
        let mut arrived = arrived.clone();
        Box::pin(async move {
            arrived.wait_for(|count| *count >= of).await.unwrap();
            "250 OK"
        })
    })
    .await
}

#[tokio::test]
async fn concurrent_runs_send_every_mail_once() {
    // Neither run finishes its first batch before the other has a batch.
    let server = meeting(20).await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registrations(&mut db, 50).await;
    let (one, other) = join!(send(&app), send(&app));
    let number = |answer: &Value, name: &str| answer[name].as_u64().unwrap();
    assert_eq!(app.environments("SendMail"), 2);
    assert_eq!(number(&one, "sent") + number(&other, "sent"), 50, "{one} {other}");
    assert_eq!(number(&one, "failed") + number(&other, "failed"), 0, "{one} {other}");
    assert!(number(&one, "sent") >= 10 && number(&other, "sent") >= 10, "{one} {other}");
    let recipients: BTreeSet<_> = server.recipients().into_iter().collect();
    assert_eq!((recipients.len(), server.received().len()), (50, 50));
    assert_eq!(tokens(&mut db).await, 0);
    // A burst starts many environments, which then rest.
    let connections = "SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND application_name = 'SendMail'";
    poll::until(async || sqlx::query_scalar::<_, i64>(connections).fetch_one(&mut db).await.unwrap() == 0)
        .await;
    assert_eq!(send(&app).await, counts(0, 0, 0, 0));
}

/// Ends the function's connections to the database. Returns their number.
async fn end_connections(app: &App) -> i64 {
    sqlx::query_scalar(
        "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'SendMail'",
    )
    .fetch_one(&mut app.db().await)
    .await
    .unwrap()
}

#[tokio::test]
async fn lost_database_connection_repeats_no_mail() {
    let gate = Arc::new(Semaphore::new(0));
    let passage = Arc::clone(&gate);
    let server = Smtp::start(move |_| {
        let passage = Arc::clone(&passage);
        Box::pin(async move {
            passage.acquire().await.unwrap().forget();
            "250 OK"
        })
    })
    .await;
    let app = app(&server.url).start().await;
    registrations(&mut app.db().await, 3).await;
    let meanwhile = async {
        server.count().wait_for(|count| *count == 3).await.unwrap();
        assert_eq!(end_connections(&app).await, 1);
        gate.add_permits(3);
    };
    let (answer, ()) = join!(send(&app), meanwhile);
    assert_eq!(answer, counts(3, 0, 0, 0));
    pass_time(&mut app.db().await).await;
    assert_eq!(send(&app).await, counts(0, 0, 0, 0));
    assert_eq!(server.received().len(), 3);
}
