//! Amazon SES, as moto plays it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use super::{app, assert_discreet, counts, pass_time, registration, send, tokens};

/// A throwaway AWS. It ends when its standard input does, which is at the latest with this process.
struct Moto {
    _process: Child,
    url: String,
}

impl Moto {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/local/aws.py");
        let mut process = Command::new("python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "moto did not start and says why on standard error");
        Self { _process: process, url: url.trim().to_owned() }
    }

    fn call(&self, path: &str, arguments: &[&str]) -> Value {
        // Moto takes the service from the signature, which it does not check.
        let signature = "Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/ses/aws4_request, \
                         SignedHeaders=host, Signature=none";
        let output = Command::new("curl")
            .args(["--silent", "--fail", "--header", signature, "--header", "Content-Type: application/json"])
            .args(arguments)
            .arg(format!("{}{path}", self.url))
            .output()
            .expect("curl is installed");
        assert!(output.status.success(), "{path}: {}", output.status);
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn verify(&self, domain: &str) {
        self.call("/v2/email/identities", &["--data", &json!({"EmailIdentity": domain}).to_string()]);
    }

    fn sent(&self) -> Vec<Value> {
        let data = self.call("/moto-api/data.json", &[]);
        data["ses"]["RawMessage"].as_array().cloned().unwrap_or_default()
    }
}

#[tokio::test]
async fn mail_leaves_through_ses() {
    let moto = Moto::start();
    let app = app("ses:").env("AWS_ENDPOINT_URL", &moto.url);
    let app = app.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "hush-hush").start().await;
    let mut db = app.db().await;
    registration(&mut db, "reader@bücher.example", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 0, 1), "the sender is not verified");
    assert!(app.logs("SendMail").contains("MessageRejected"));
    moto.verify("movies.example");
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    assert_eq!(tokens(&mut db).await, 0);
    let sent = moto.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(sent[0]["destinations"].to_string().contains("reader@xn--bcher-kva.example"), "{}", sent[0]);
    assert!(sent[0].to_string().contains("/activate/#email=reader%40b%C3%BCcher.example&token=token-1"));
    assert_discreet(&app, &["reader@", "token-1", "hush-hush"]);
}

#[tokio::test]
async fn a_service_that_does_not_answer() {
    let app = app("ses:").env("AWS_ENDPOINT_URL_SESV2", "http://127.0.0.1:1");
    let app = app.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "hush-hush").start().await;
    registration(&mut app.db().await, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 1, 0, 1));
    assert_discreet(&app, &["reader@", "token-1", "hush-hush"]);
}
