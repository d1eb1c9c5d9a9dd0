//! International addresses: the mailer supports every address that the API accepts.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{app, assert_discreet, counts, metrics, send, smtp::Smtp, tokens};
use crate::support::accounts;

/// The reply to `EHLO` of a server without SMTPUTF8.
const NO_SMTPUTF8: &str = "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN";

#[tokio::test]
async fn non_ascii_address_is_sent_with_smtputf8() {
    let server = Smtp::accepting().await;
    let app = app(&server.url).start().await;
    for (address, mailed) in [
        ("o’brien@example.com", "o’brien@example.com"),
        ("ผู้ใช้@example.com", "ผู้ใช้@example.com"),
        ("zoë@bücher.example", "zoë@xn--bcher-kva.example"),
    ] {
        accounts::register(&app, address).await;
        assert_eq!(send(&app).await, counts(1, 0, 0, 0), "{address}");
        let commands = server.commands();
        let sender = commands.iter().rfind(|line| line.starts_with("MAIL")).unwrap();
        assert_eq!(sender, "MAIL FROM:<no-reply@movies.example> SMTPUTF8 BODY=8BITMIME", "{address}");
        assert!(commands.contains(&format!("RCPT TO:<{mailed}>")), "{commands:?}");
        let content = server.received().pop().unwrap().content;
        assert!(content.contains(&format!("\r\nTo: {mailed}\r\n")), "{content}");
    }
    assert_eq!(tokens(&mut app.db().await).await, 0);
    assert_discreet(&app, &["brien", "ผู้ใช้", "zoë"]);
}

#[tokio::test]
async fn non_ascii_domain_is_sent_without_smtputf8() {
    let server = Smtp::scripted(|line| line.starts_with("EHLO").then_some(NO_SMTPUTF8)).await;
    let app = app(&server.url).start().await;
    accounts::register(&app, "reader@bücher.example").await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    let commands = server.commands();
    assert!(commands.contains(&"MAIL FROM:<no-reply@movies.example>".to_owned()), "{commands:?}");
    assert!(commands.contains(&"RCPT TO:<reader@xn--bcher-kva.example>".to_owned()), "{commands:?}");
}

#[tokio::test]
async fn server_without_smtputf8_makes_mail_undeliverable() {
    let server = Smtp::scripted(|line| line.starts_with("EHLO").then_some(NO_SMTPUTF8)).await;
    let app = app(&server.url).start().await;
    accounts::register(&app, "o’brien@example.com").await;
    assert_eq!(send(&app).await, counts(0, 1, 1, 0));
    assert_eq!(metrics(&app)["MailsUndeliverable"], json!(1));
    assert!(!server.commands().iter().any(|line| line.starts_with("MAIL")), "{:?}", server.commands());
    let reason: String = sqlx::query_scalar("SELECT given_up_reason::text FROM mail_outbox")
        .fetch_one(&mut app.db().await)
        .await
        .unwrap();
    assert_eq!(reason, "undeliverable");
    assert!(app.logs("SendMail").contains("SMTPUTF8"));
    assert_discreet(&app, &["brien"]);
}

#[tokio::test]
async fn every_registrable_address_can_be_mailed() {
    let server = Smtp::accepting().await;
    let app = app(&server.url).start().await;
    let cases = include_str!("../contract/email_addresses.jsonl").lines();
    let cases = cases.map(|line| serde_json::from_str::<Value>(line).expect("a line is a case"));
    // Several inputs may be the same address.
    let accepted: BTreeSet<_> =
        cases.filter_map(|case| case["accepted"].as_str().map(str::to_owned)).collect();
    for address in &accepted {
        accounts::register(&app, address).await;
    }
    assert!(accepted.len() > 20, "{accepted:?}");
    assert_eq!(send(&app).await, counts(accepted.len() as u32, 0, 0, 0));
}
