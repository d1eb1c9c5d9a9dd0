//! The limit on mails to one address, from any clients.

use serde_json::json;
use sqlx::query_scalar;

use super::rate_limit::{advance_time, limited, post_from};
use crate::support::{
    App,
    accounts::{PASSWORD, active, mailed_token, register},
};

const ANN: &str = "ann@example.com";

/// Sends requests, each from another client. Every response must be the same as with a mail.
async fn request(app: &App, path: &str, times: usize) {
    for number in 0..times {
        let client = format!("2001:db8:{number}::1");
        assert_eq!(
            post_from(app, &client, path, json!({ "email": ANN })).await.status,
            200,
            "{path} {number}"
        );
    }
}

async fn mails(app: &App) -> i64 {
    query_scalar("SELECT count(*) FROM mail_outbox").fetch_one(&mut app.db().await).await.unwrap()
}

#[tokio::test]
async fn mails_to_one_address_are_capped_across_actions() {
    let app = limited().start().await;
    register(&app, ANN).await;
    request(&app, "activate/resend/", 2).await;
    assert_eq!(mails(&app).await, 3);
    let token = mailed_token(&mut app.db().await, ANN).await;
    let body = json!({ "email": ANN, "token": token });
    assert_eq!(post_from(&app, "192.0.2.1", "activate/", body).await.status, 200);
    request(&app, "password-reset/request/", 15).await;
    assert_eq!(mails(&app).await, 5);
    register(&app, "bob@example.com").await;
    assert_eq!(mails(&app).await, 6, "another address has its own cap");
    advance_time(&app, "12 minutes").await;
    request(&app, "password-reset/request/", 3).await;
    assert_eq!(mails(&app).await, 7);
}

#[tokio::test]
async fn capped_request_keeps_newest_mailed_token() {
    let app = limited().env("MAIL_LIMIT_PER_HOUR", "2").start().await;
    active(&app, ANN).await;
    request(&app, "password-reset/request/", 1).await;
    let token = mailed_token(&mut app.db().await, ANN).await;
    request(&app, "password-reset/request/", 3).await;
    assert_eq!(mails(&app).await, 2);
    let body = json!({ "email": ANN, "token": token, "password": PASSWORD });
    assert_eq!(post_from(&app, "192.0.2.1", "reset-password/complete/", body).await.status, 200);
}

#[tokio::test]
async fn requests_without_mail_do_not_consume_mail_cap() {
    let app = limited().env("MAIL_LIMIT_PER_HOUR", "3").start().await;
    for path in ["password-reset/request/", "activate/resend/"] {
        request(&app, path, 6).await;
    }
    register(&app, ANN).await;
    request(&app, "password-reset/request/", 6).await;
    assert_eq!(mails(&app).await, 1, "only the mail of the registration");
    request(&app, "activate/resend/", 6).await;
    assert_eq!(mails(&app).await, 3);
}

#[tokio::test]
async fn registration_is_mailed_beyond_cap_and_counted() {
    let app = limited().env("MAIL_LIMIT_PER_HOUR", "1").start().await;
    for _ in 0..2 {
        register(&app, ANN).await;
        request(&app, "activate/resend/", 2).await;
        assert_eq!(mails(&app).await, 1);
        sqlx::query("DELETE FROM users").execute(&mut app.db().await).await.unwrap();
    }
}

#[tokio::test]
async fn disabled_limits_disable_mail_cap() {
    let app = App::start().await;
    active(&app, ANN).await;
    request(&app, "password-reset/request/", 7).await;
    assert_eq!(mails(&app).await, 8);
}
