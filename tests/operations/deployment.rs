//! `manage` as a custom resource of CloudFormation.

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::put};
use serde_json::{Value, json};
use sqlx::Executor;
use tokio::{net::TcpListener, sync::mpsc};

use crate::support::{App, app::Builder, poll};

/// The server that receives the response for CloudFormation, at a presigned URL.
pub struct ResponseServer {
    url: String,
    pub responses: mpsc::UnboundedReceiver<Value>,
}

impl ResponseServer {
    pub async fn with(status: StatusCode) -> Self {
        let (sender, responses) = mpsc::unbounded_channel();
        let take = async move |State(sender): State<Arc<mpsc::UnboundedSender<Value>>>, body: Bytes| {
            sender.send(serde_json::from_slice(&body).expect("an answer is JSON")).expect("the test waits");
            status
        };
        let routes = Router::new().route("/answer", put(take)).with_state(Arc::new(sender));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port is free");
        let url = format!("http://{}/answer?X-Amz-Signature=abc%2Fdef", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, responses }
    }

    pub fn request(&self, request_type: &str) -> Value {
        json!({
            "RequestType": request_type,
            "ResponseURL": self.url,
            "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/theater/1",
            "RequestId": "a-request",
            "ResourceType": "Custom::Migration",
            "LogicalResourceId": "Migration",
            "PhysicalResourceId": "schema",
            "ServiceToken": "arn:aws:lambda:eu-central-1:123456789012:function:manage",
            "ResourceProperties": {"Version": "7"},
        })
    }
}

fn answer(status: &str, reason: &str) -> Value {
    json!({
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": "schema",
        "StackId": "arn:aws:cloudformation:eu-central-1:123456789012:stack/theater/1",
        "RequestId": "a-request",
        "LogicalResourceId": "Migration",
    })
}

async fn has_schema(app: &App) -> bool {
    sqlx::query_scalar("SELECT to_regclass('movies') IS NOT NULL")
        .fetch_one(&mut app.db().await)
        .await
        .unwrap()
}

async fn without_schema(builder: Builder) -> App {
    let app = builder.start().await;
    app.db().await.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    app
}

#[tokio::test]
async fn create_and_update_events_migrate_and_report_success() {
    let app = without_schema(App::builder()).await;
    let mut server = ResponseServer::with(StatusCode::OK).await;
    let mut creation = server.request("Create");
    creation.as_object_mut().unwrap().remove("PhysicalResourceId");
    app.invoke("Manage", creation).await.unwrap();
    assert_eq!(server.responses.recv().await, Some(answer("SUCCESS", "")));
    assert!(has_schema(&app).await);
    app.invoke("Manage", server.request("Update")).await.unwrap();
    assert_eq!(server.responses.recv().await, Some(answer("SUCCESS", "")));
}

#[tokio::test]
async fn delete_event_changes_nothing() {
    let mut app = App::start().await;
    app.set_env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing");
    let mut server = ResponseServer::with(StatusCode::OK).await;
    app.invoke("Manage", server.request("Delete")).await.unwrap();
    assert_eq!(server.responses.recv().await, Some(answer("SUCCESS", "")));
    assert!(has_schema(&app).await);
}

#[tokio::test]
async fn failed_migration_reports_reason_to_cloudformation() {
    let mut server = ResponseServer::with(StatusCode::OK).await;
    for (settings, reason) in [
        ([("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")], "The database cannot be reached"),
        ([("DATABASE_URL", "mysql://here")], "The function is not configured: DATABASE_URL"),
    ] {
        let [(name, value)] = settings;
        let app = App::builder().env(name, value).start().await;
        app.invoke("Manage", server.request("Create")).await.unwrap();
        let response = server.responses.recv().await.unwrap();
        let text = response["Reason"].as_str().unwrap();
        assert!(text.starts_with(reason), "{response}");
        assert_eq!(response, answer("FAILED", text));
    }
}

#[tokio::test]
async fn rollback_succeeds_without_database() {
    let mut server = ResponseServer::with(StatusCode::OK).await;
    let app = App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing").start().await;
    let version =
        |number: u32| json!({ "Version": format!("arn:aws:lambda:eu-central-1:1:function:m:{number}") });
    for (before, after, status) in [(10, 9, "SUCCESS"), (9, 10, "FAILED"), (9, 9, "FAILED")] {
        let mut update = server.request("Update");
        update["OldResourceProperties"] = version(before);
        update["ResourceProperties"] = version(after);
        app.invoke("Manage", update).await.unwrap();
        let response = server.responses.recv().await.unwrap();
        assert_eq!(response["Status"], status, "{before} to {after}: {response}");
    }
}

/// Takes the lock that a migration waits for.
async fn hold(app: &App) -> sqlx::PgConnection {
    use sqlx::migrate::Migrate;
    let mut connection = app.db().await;
    connection.lock().await.unwrap();
    connection
}

#[tokio::test]
async fn migration_beyond_deadline_reports_failure_in_time() {
    let app = App::builder().timeout("Manage", Duration::from_secs(17)).start().await;
    let _held = hold(&app).await;
    let mut server = ResponseServer::with(StatusCode::OK).await;
    app.invoke("Manage", server.request("Update")).await.unwrap();
    let response = server.responses.recv().await.unwrap();
    assert_eq!(response, answer("FAILED", "Given up: the function's time ran out."));
}

#[tokio::test]
async fn crashed_migration_is_finished_by_next_invocation() {
    let app = without_schema(App::builder()).await;
    let mut server = ResponseServer::with(StatusCode::OK).await;
    let held = hold(&app).await;
    let mut db = app.db().await;
    let waits = async {
        let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
        poll::until(async || sqlx::query_scalar(waiting).fetch_one(&mut db).await.unwrap()).await;
    };
    // Dropping the invocation kills the process while it waits.
    tokio::select! {
        _ = app.invoke("Manage", server.request("Create")) => panic!("the migration cannot end"),
        () = waits => {}
    }
    drop(held);
    assert!(server.responses.try_recv().is_err());
    app.invoke("Manage", server.request("Create")).await.unwrap();
    assert_eq!(server.responses.recv().await, Some(answer("SUCCESS", "")));
    assert_eq!(app.environments("Manage"), 2);
    assert!(has_schema(&app).await);
}

#[tokio::test]
async fn undeliverable_response_fails_invocation_for_retry() {
    let app = App::start().await;
    let mut server = ResponseServer::with(StatusCode::SERVICE_UNAVAILABLE).await;
    let error = app.invoke("Manage", server.request("Update")).await.unwrap_err();
    assert_eq!(error.error_message, "The response could not be sent to CloudFormation: the answer is 503.");
    for _ in 0..4 {
        assert_eq!(server.responses.recv().await, Some(answer("SUCCESS", "")));
    }
}
