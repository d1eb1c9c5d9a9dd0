//! Creates accounts for tests as a client does, with the tokens of the mails.

use serde_json::json;
use sqlx::{PgConnection, query_scalar};

use super::{app::App, gateway::Reply};

/// A password that follows the rules.
pub const PASSWORD: &str = "StrongPassword123!";

/// Registers an account; the API must accept it.
pub async fn register(app: &App, email: &str) -> i64 {
    let reply =
        app.post_json("/api/v1/accounts/register/", json!({ "email": email, "password": PASSWORD })).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    reply.json()["id"].as_i64().expect("an id is a number")
}

/// Registers an account and activates it with the token of its mail.
pub async fn active(app: &App, email: &str) -> i64 {
    let id = register(app, email).await;
    let token = mailed_token(&mut app.db().await, email).await;
    let reply = app.post_json("/api/v1/accounts/activate/", json!({ "email": email, "token": token })).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    id
}

/// Sends a login.
pub async fn login(app: &App, email: &str, password: &str) -> Reply {
    app.post_json("/api/v1/accounts/login/", json!({ "email": email, "password": password })).await
}

/// Returns the token of the newest queued mail for this address.
pub async fn mailed_token(db: &mut PgConnection, email: &str) -> String {
    query_scalar(
        "SELECT token FROM mail_outbox JOIN users ON users.id = user_id
         WHERE email = $1 AND token IS NOT NULL ORDER BY mail_outbox.id DESC LIMIT 1",
    )
    .bind(email)
    .fetch_one(db)
    .await
    .expect("a mail waits")
}
