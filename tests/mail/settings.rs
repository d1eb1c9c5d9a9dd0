//! Settings that make sending mail impossible.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use super::{app, counts, registration, send, smtp::Smtp};
use crate::support::aws::Aws;

#[tokio::test]
async fn invalid_mail_setting_error_omits_password() {
    for (variable, value) in [
        ("MAIL_URL", ""),
        ("MAIL_URL", "carrier-pigeon:hush-hush"),
        ("MAIL_URL", "ses:hush-hush"),
        ("MAIL_URL", "file:"),
        ("MAIL_URL", "file:/proc/hush"),
        ("MAIL_URL", "smtp:"),
        ("MAIL_URL", "smtp://user:hush-hush@"),
        ("MAIL_URL", "smtp://user:hush-hush@host:port"),
        ("MAIL_URL", "smtp://user:hush-hush@host?tls=perhaps"),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "zoë@example.com"),
        ("MAIL_FROM", "a@example.com\r\nBcc: b@example.com"),
        ("PUBLIC_URL", ""),
        ("PUBLIC_URL", "movies.example"),
        ("PUBLIC_URL", "javascript:alert(1)"),
        ("PUBLIC_URL", "https://movies.example/?a"),
        ("PUBLIC_URL", "https://movies.example/#a"),
    ] {
        let app = app("smtp://127.0.0.1:1").env(variable, value).start().await;
        let error = app.invoke("SendMail", json!({})).await.expect_err(value);
        assert!(error.error_message.contains(variable), "{value}: {}", error.error_message);
        let log = app.logs("SendMail");
        assert!(log.contains(variable) && !log.contains("hush-hush"), "{value}: {log}");
        assert!(!error.error_message.contains("hush-hush"), "{}", error.error_message);
        assert_eq!(app.environments("SendMail"), 1);
    }
}

#[tokio::test]
async fn smtp_without_tls_or_with_password_requires_setting() {
    for (url, setting, named) in [
        ("smtp://mail.example", "", "MAIL_URL must insist on TLS"),
        ("smtp://mail.example?tls=opportunistic", "", "MAIL_URL must insist on TLS"),
        ("smtp://mail.example", "required", "MAIL_URL must insist on TLS"),
        ("smtps://user:hush-hush@mail.example", "", "MAIL_URL must hold no password"),
        ("smtp://user:hush-hush@mail.example?tls=required", "required", "MAIL_URL must hold no password"),
        ("smtp://mail.example", "perhaps", "SMTP_TLS must be required or optional"),
    ] {
        let app = app(url).env("SMTP_TLS", setting).start().await;
        let error = app.invoke("SendMail", json!({})).await.expect_err(url);
        assert!(error.error_message.contains(named), "{url}: {}", error.error_message);
        assert!(!app.logs("SendMail").contains("hush-hush"), "{url}");
    }
    for url in ["smtps://mail.example", "smtp://mail.example?tls=required"] {
        let app = app(url).env("SMTP_TLS", "").start().await;
        app.invoke("SendMail", json!({})).await.expect("there is nothing to send");
    }
}

#[tokio::test]
async fn smtp_login_is_read_from_secret() {
    let aws = Aws::shared();
    let login = json!({ "username": "mailer", "password": "hush-hush" }).to_string();
    let arn = aws.create_secret("smtp", &login);
    let smtp = Smtp::accepting().await;
    let server = smtp.url.rsplit_once('@').unwrap().1;
    let app = aws.used_by(app(&format!("smtp://{server}")));
    let app = app.env("SMTP_SECRET_ARN", &arn).start().await;
    registration(&mut app.db().await, "ann@example.com", "token-of-ann").await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    let auth = format!("AUTH PLAIN {}", STANDARD.encode("\0mailer\0hush-hush"));
    assert!(smtp.commands().contains(&auth), "{:?}", smtp.commands());
    assert!(!app.logs("SendMail").contains("hush-hush"));
}

#[tokio::test]
async fn unreadable_smtp_secret_is_named_in_error() {
    let aws = Aws::shared();
    let unusable = aws.create_secret("smtp", "hush-hush");
    for arn in ["arn:aws:secretsmanager:eu-central-1:1:secret:missing", &unusable] {
        let app = aws.used_by(app("smtps://mail.example")).env("SMTP_SECRET_ARN", arn).start().await;
        let error = app.invoke("SendMail", json!({})).await.expect_err(arn);
        assert!(error.error_message.contains("SMTP_SECRET_ARN"), "{}", error.error_message);
        assert!(!app.logs("SendMail").contains("hush-hush"));
    }
}
