//! Amazon SES, as moto plays it.

use serde_json::{Value, json};

use super::{app, assert_discreet, counts, pass_time, registration, send, tokens};
use crate::support::aws::{Aws, SECRET_ACCESS_KEY};

fn verify(aws: &Aws, domain: &str) {
    let body = json!({ "EmailIdentity": domain }).to_string();
    aws.call(
        "POST",
        "/v2/email/identities",
        "eu-central-1/ses",
        "Content-Type: application/json\r\n",
        body.as_bytes(),
    );
}

fn sent(aws: &Aws) -> Vec<Value> {
    let data = aws.call("GET", "/moto-api/data.json", "eu-central-1/ses", "", b"");
    let data: Value = serde_json::from_slice(&data).unwrap();
    data["ses"]["RawMessage"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn mail_leaves_through_ses() {
    let aws = Aws::start();
    // moto loads a service with the first call to it, which must not be the one that has two seconds.
    verify(&aws, "another.example");
    let app = aws.used_by(app("ses:")).start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@bücher.example", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 0, 1), "the sender is not verified");
    assert!(app.logs("SendMail").contains("MessageRejected"));
    verify(&aws, "movies.example");
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    assert_eq!(tokens(&mut db).await, 0);
    let sent = sent(&aws);
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0]["destinations"].to_string().contains("reader@xn--bcher-kva.example"), "{}", sent[0]);
    assert!(sent[0].to_string().contains("/activate/#email=reader%40b%C3%BCcher.example&token=token-1"));
    assert_discreet(&app, &["reader@", "token-1", SECRET_ACCESS_KEY]);
}

#[tokio::test]
async fn a_service_that_does_not_answer() {
    let app = app("ses:").env("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1");
    let app =
        app.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY).start().await;
    registration(&mut app.db().await, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 0, 1));
    assert_discreet(&app, &["reader@", "token-1", SECRET_ACCESS_KEY]);
}
