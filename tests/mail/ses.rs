//! Amazon SES, which moto emulates.

use std::net::Ipv4Addr;

use axum::{Router, http::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{app, assert_discreet, counts, metrics, pass_time, registration, send, tokens};
use crate::support::{
    app::Builder,
    aws::{Aws, SECRET_ACCESS_KEY},
};

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
async fn mail_is_sent_through_ses() {
    let aws = Aws::start();
    // moto loads a service on the first call, which would exceed the mailer's timeout of two seconds.
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

/// Starts an endpoint that rejects every request as SES does, with a type and a message.
async fn refusing(kind: &'static str, message: &'static str) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move || async move {
        (StatusCode::BAD_REQUEST, [("x-amzn-errortype", kind)], json!({ "message": message }).to_string())
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}

/// Configures an app that sends mail to an endpoint instead of SES.
fn app_at(endpoint: &str) -> Builder {
    app("ses:")
        .env("AWS_ENDPOINT_URL_SESV2", endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
}

#[tokio::test]
async fn ses_mail_names_configuration_set() {
    let (sender, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move |body: String| async move {
        sender.send(body).unwrap();
        json!({ "MessageId": "1" }).to_string()
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    let app = app_at(&url).env("SES_CONFIGURATION_SET", "movies-MailEvents").start().await;
    registration(&mut app.db().await, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    let request: Value = serde_json::from_str(&requests.recv().await.unwrap()).unwrap();
    assert_eq!(request["ConfigurationSetName"], "movies-MailEvents");
}

#[tokio::test]
async fn ses_gives_up_smtputf8_address_without_request() {
    let app = app_at("http://127.0.0.1:1").start().await;
    registration(&mut app.db().await, "o’brien@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 1, 0));
    assert_eq!(metrics(&app)["MailsUndeliverable"], 1);
    assert!(app.logs("SendMail").contains("SMTPUTF8"));
    assert_discreet(&app, &["brien", "token-1"]);
}

#[tokio::test]
async fn ses_error_gives_up_mail_only_for_bad_recipient() {
    for (kind, message, counts, undeliverable) in [
        ("BadRequestException", "Illegal address", counts(0, 1, 1, 0), 1),
        ("MessageRejected", "Email address is not verified.", counts(0, 1, 0, 1), 0),
        ("SendingPausedException", "Sending paused.", counts(0, 1, 0, 1), 0),
        ("AccessDeniedException", "not authorized", counts(0, 1, 0, 1), 0),
    ] {
        let app = app_at(&refusing(kind, message).await).start().await;
        registration(&mut app.db().await, "reader@example.com", "token-1").await;
        assert_eq!(send(&app).await, counts, "{kind}");
        assert_eq!(metrics(&app)["MailsUndeliverable"], undeliverable, "{kind}");
    }
}

#[tokio::test]
async fn unreachable_ses_keeps_mail_waiting() {
    let app = app_at("http://127.0.0.1:1").start().await;
    registration(&mut app.db().await, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 0, 1));
    assert_discreet(&app, &["reader@", "token-1", SECRET_ACCESS_KEY]);
}
