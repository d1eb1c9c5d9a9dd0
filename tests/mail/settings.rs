//! Settings that mail cannot leave with.

use serde_json::json;

use super::app;

#[tokio::test]
async fn a_bad_setting_is_named_and_no_password_with_it() {
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
async fn smtp_without_tls_is_refused_unless_allowed() {
    for (url, setting, named) in [
        ("smtp://mail.example", "", "MAIL_URL must insist on TLS"),
        ("smtp://mail.example?tls=opportunistic", "", "MAIL_URL must insist on TLS"),
        ("smtp://mail.example", "required", "MAIL_URL must insist on TLS"),
        ("smtp://mail.example", "perhaps", "SMTP_TLS must be required or optional"),
    ] {
        let app = app(url).env("SMTP_TLS", setting).start().await;
        let error = app.invoke("SendMail", json!({})).await.expect_err(url);
        assert!(error.error_message.contains(named), "{url}: {}", error.error_message);
    }
    for url in ["smtps://mail.example", "smtp://mail.example?tls=required"] {
        let app = app(url).env("SMTP_TLS", "").start().await;
        app.invoke("SendMail", json!({})).await.expect("there is nothing to send");
    }
}
