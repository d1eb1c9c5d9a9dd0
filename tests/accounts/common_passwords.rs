//! Common passwords, which new ones must not be.

use serde_json::{Value, json};

use crate::support::{
    App, Reply,
    accounts::{PASSWORD, active, mailed_token},
};

const COMMON: &str = "Password is too common.";
const ADDRESS: &str = "Password must not be your email address.";

async fn register(app: &App, email: &str, password: &str) -> Reply {
    app.post_json("/api/v1/accounts/register/", json!({ "email": email, "password": password })).await
}

/// What is answered where the field breaks this rule.
pub(super) fn broken(field: &str, rule: &str) -> Value {
    json!({
        "type": "value_error", "loc": ["body", field], "msg": format!("Value error, {rule}"),
        "input": "**********", "ctx": {"error": {}},
    })
}

#[track_caller]
fn assert_broken(reply: &Reply, rule: &str) {
    let expected = json!({ "detail": [broken("password", rule)] });
    assert_eq!((reply.status.as_u16(), reply.json()), (422, expected));
}

#[tokio::test]
async fn common_password_cannot_be_registered() {
    let app = App::start().await;
    for password in ["P@ssw0rd", "Password1!", "Welcome1!", "Qwerty123!", "pASSWORD1!", "MovieTheater1!"] {
        assert_broken(&register(&app, "ann@example.com", password).await, COMMON);
    }
    for (number, password) in
        ["StrongPassword123!", "NewSecurePassword123!", "SomePassword123!"].into_iter().enumerate()
    {
        assert_eq!(register(&app, &format!("reader{number}@example.com"), password).await.status, 201);
    }
}

#[tokio::test]
async fn address_cannot_be_the_password() {
    let app = App::start().await;
    for (email, password) in
        [("Ann1!x@example.com", "Ann1!x@Example.com"), ("ann-smith@example.com", "Ann-Smith1!")]
    {
        assert_broken(&register(&app, email, password).await, ADDRESS);
    }
    // Common as well, which is checked first.
    assert_broken(&register(&app, "password@example.com", "Password1!").await, COMMON);
    assert_eq!(register(&app, "ann-smith@example.com", "Ann-Smith1234!").await.status, 201);
}

#[tokio::test]
async fn other_faults_are_reported_beside_a_common_password() {
    let app = App::start().await;
    let reply = register(&app, "no address", "Password1!").await;
    let faults = reply.json()["detail"].as_array().unwrap().clone();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert_eq!(faults[1], broken("password", COMMON));

    let body = json!({ "email": "ann-smith@example.com", "password": "Ann-Smith1!" });
    let reply = app.post_json("/api/v1/accounts/reset-password/complete/", body).await;
    let faults = reply.json()["detail"].as_array().unwrap().clone();
    assert_eq!(faults[0], broken("password", ADDRESS));
    assert_eq!(faults[1]["loc"], json!(["body", "token"]));
}

#[tokio::test]
async fn common_password_leaves_the_reset_token_good() {
    let app = App::start().await;
    active(&app, "ann-smith@example.com").await;
    let email = json!({ "email": "ann-smith@example.com" });
    app.post_json("/api/v1/accounts/password-reset/request/", email).await;
    let token = mailed_token(&mut app.db().await, "ann-smith@example.com").await;
    let complete = async |password: &str| {
        let body = json!({ "email": "ann-smith@example.com", "token": token, "password": password });
        app.post_json("/api/v1/accounts/reset-password/complete/", body).await
    };
    assert_broken(&complete("Qwerty123!").await, COMMON);
    assert_broken(&complete("Ann-Smith1!").await, ADDRESS);
    assert_eq!(complete(PASSWORD).await.status, 200);
}

#[tokio::test]
async fn list_can_be_switched_off() {
    let app = App::builder().env("PASSWORD_BLOCKLIST", "off").start().await;
    assert_eq!(register(&app, "ann@example.com", "Password1!").await.status, 201);
    assert_eq!(register(&app, "ann-smith@example.com", "Ann-Smith1!").await.status, 201);

    let app = App::builder().env("PASSWORD_BLOCKLIST", "never").start().await;
    assert_eq!(register(&app, "ann@example.com", PASSWORD).await.status, 500);
    assert!(app.logs("Register").contains("PASSWORD_BLOCKLIST must be on or off"));
}
