//! Processes: the harness starts them on demand, reuses them, and replaces them after a crash or a timeout.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::{behave, service};
use crate::support::runtime::{DOCUMENTED, FunctionError};

fn error(kind: &str, message: &str) -> FunctionError {
    FunctionError { error_type: kind.to_owned(), error_message: message.to_owned() }
}

#[tokio::test]
async fn environment_is_reused() {
    let service = service();
    let first = service.invoke("Item", json!({"behavior": "context"})).await.unwrap();
    let second = service.invoke("Item", json!({"behavior": "context"})).await.unwrap();
    assert_eq!(first["pid"], second["pid"]);
    assert_eq!(service.environments("Item"), 1);
    assert_eq!(service.environments("Rest"), 0);
}

#[tokio::test]
async fn process_gets_only_lambda_environment_variables() {
    let mut service = service();
    service.set_env("COLOR", "red");
    service.set_env("DATABASE", "here");
    let context = service.invoke("Item", json!({"behavior": "context"})).await.unwrap();
    let environment = context["environment"].as_object().unwrap();
    for (name, value) in [
        ("AWS_LAMBDA_FUNCTION_NAME", "Item"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("COLOR", "red"),
        ("DATABASE", "here"),
        ("SHARED", "own"),
        ("_HANDLER", "bootstrap"),
    ] {
        assert_eq!(environment[name], value, "{name}");
    }
    // A program that starts Python may add other variables.
    let is_of_lambda = |name: &&str| ["AWS_", "LAMBDA_", "_X_"].iter().any(|start| name.starts_with(start));
    let undocumented = environment.keys().map(String::as_str).filter(is_of_lambda);
    assert_eq!(undocumented.filter(|name| !DOCUMENTED.contains(name)).count(), 0, "{environment:?}");
    assert!(DOCUMENTED.iter().all(|name| environment.contains_key(*name)), "{environment:?}");
    assert!(std::env::var_os("HOME").is_some(), "the tests have one");
    assert!(!environment.contains_key("HOME"));

    let headers = &context["headers"];
    let header = |name: &str| headers[name].as_str().unwrap_or_else(|| panic!("no {name} in {headers}"));
    let deadline = UNIX_EPOCH + Duration::from_millis(header("lambda-runtime-deadline-ms").parse().unwrap());
    assert!(deadline <= SystemTime::now() + Duration::from_secs(1));
    assert!(header("lambda-runtime-invoked-function-arn").ends_with(":function:Item"));
    assert!(header("lambda-runtime-trace-id").starts_with("Root=1-"));
}

#[tokio::test]
async fn function_error_is_reported_and_process_is_kept() {
    let service = service();
    let outcome = service.invoke("Item", json!({"behavior": "error"})).await;
    assert_eq!(outcome, Err(error("Broken", "on purpose")));
    assert_eq!(behave(&service, "error").await.status, 502);
    assert_eq!(behave(&service, "malformed").await.status, 502);
    assert_eq!(behave(&service, "").await.status, 200);
    assert_eq!(service.environments("Item"), 1);
}

#[tokio::test]
async fn exited_process_is_replaced() {
    let service = service();
    let outcome = service.invoke("Item", json!({"behavior": "exit"})).await;
    assert_eq!(outcome, Err(error("Runtime.ExitError", "Runtime exited with error: exit status: 3")));
    let reply = behave(&service, "exit").await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.json(), json!({"own": "failure"}));
    assert_eq!(behave(&service, "").await.status, 200);
    assert_eq!(service.environments("Item"), 3);
}

#[tokio::test]
async fn timed_out_process_is_replaced() {
    let service = service();
    let reply = behave(&service, "hang").await;
    assert_eq!(reply.status, 504);
    assert_eq!(reply.json(), json!({"own": "failure"}));
    assert_eq!(behave(&service, "").await.status, 200);
    assert_eq!(service.environments("Item"), 2);
    let outcome = service.invoke("Item", json!({"behavior": "hang"})).await;
    assert_eq!(outcome, Err(error("Sandbox.Timedout", "Task timed out after 1.00 seconds")));
}

#[tokio::test]
async fn failed_process_start_reports_reason() {
    let service = service();
    let outcome = service.invoke("Missing", Value::Null).await;
    assert_eq!(outcome, Err(error("NoInit", "on purpose")));
}

#[tokio::test]
async fn function_output_is_kept() {
    let service = service();
    behave(&service, "exit").await;
    behave(&service, "").await;
    assert_eq!(service.logs("Item"), "behavior exit\nbehavior \n");
    assert_eq!(service.logs("Rest"), "");
}
