//! `manage` with `{"command":"delete-account"}`.

use serde_json::{Value, json};

use crate::support::{
    App,
    accounts::{PASSWORD, active, login},
};

const EMAIL: &str = "ann@example.com";

#[tokio::test]
async fn delete_account_removes_sessions_and_mail() {
    let app = App::start().await;
    let id = active(&app, EMAIL).await;
    active(&app, "bob@example.com").await;
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 201);
    let event = json!({"command": "delete-account", "email": "Ann@Example.com"});
    let answer = app.invoke("Manage", event.clone()).await.unwrap();
    assert_eq!(answer, json!({"command": "delete-account", "user_id": id}));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 401);
    assert_eq!(login(&app, "bob@example.com", PASSWORD).await.status, 201);
    let left = "SELECT (SELECT count(*) FROM refresh_tokens WHERE user_id = $1)
        + (SELECT count(*) FROM mail_outbox WHERE user_id = $1)";
    let left: i64 = sqlx::query_scalar(left).bind(id).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(left, 0);
    assert_eq!(app.invoke("Manage", event).await.unwrap()["user_id"], Value::Null);
}
