//! `manage` with `{"command":"grant"}`.

use serde_json::{Value, json};

use crate::support::{
    App, Method,
    accounts::{PASSWORD, active, login},
};

async fn group_of(app: &App, token: &Value) -> Value {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    let me = app.request(Method::GET, "/api/v1/accounts/me/").header("authorization", &bearer).send().await;
    me.json()["group"].clone()
}

#[tokio::test]
async fn grant_applies_from_next_request() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let token = login(&app, "ann@example.com", PASSWORD).await.json()["access_token"].clone();
    active(&app, "bob@example.com").await;
    let other = json!({ "command": "grant", "email": "bob@example.com", "group": "admin" });
    app.invoke("Manage", other).await.unwrap();
    for group in ["moderator", "admin", "user"] {
        let event = json!({ "command": "grant", "email": "Ann@Example.com", "group": group });
        let answer = app.invoke("Manage", event).await.unwrap();
        let expected = json!({ "command": "grant", "user_id": id, "group": group, "is_disabled": false });
        assert_eq!(answer, expected);
        assert_eq!(group_of(&app, &token).await, group);
    }
}

#[tokio::test]
async fn failed_grant_error_omits_address() {
    let app = App::start().await;
    for (email, group, sentence) in [
        (json!("nobody@example.com"), json!("admin"), "No account has this address."),
        (json!("nobody"), json!("admin"), "\"email\" must be an email address."),
        (Value::Null, json!("admin"), "\"email\" must be an email address."),
        (
            json!("nobody@example.com"),
            json!("root"),
            "\"group\" must be \"user\", \"moderator\" or \"admin\", not \"root\".",
        ),
    ] {
        let event = json!({ "command": "grant", "email": email, "group": group });
        assert_eq!(app.invoke("Manage", event).await.unwrap_err().error_message, sentence);
    }
    assert!(!app.logs("Manage").contains("nobody"));
}
