//! `POST accounts/register/`.

use futures_util::future::join_all;
use serde_json::json;
use sqlx::query_scalar;

use crate::support::{
    App,
    accounts::{PASSWORD, mailed_token, register},
};

const PATH: &str = "/api/v1/accounts/register/";

#[tokio::test]
async fn registered_account_is_inactive_with_token_in_outbox() {
    let app = App::start().await;
    // Members that clients may not set are ignored.
    let body = json!({
        "email": " Ann@Example.COM ", "password": PASSWORD, "id": 7, "is_active": true, "group": "admin", "group_id": 3,
    });
    let reply = app.post_json(PATH, body).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.json(), json!({ "id": 1, "email": "ann@example.com" }));

    let mut db = app.db().await;
    let (is_active, group): (bool, String) = sqlx::query_as(
        "SELECT is_active, name::text FROM users JOIN user_groups ON user_groups.id = group_id WHERE users.id = 1",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!((is_active, group.as_str()), (false, "user"));

    let token = mailed_token(&mut db, "ann@example.com").await;
    let hours_left: f64 = query_scalar(
        "SELECT extract(epoch FROM expires_at - now())::float8 / 3600 FROM activation_tokens
         WHERE token_hash = sha256(convert_to($1, 'UTF8'))",
    )
    .bind(&token)
    .fetch_one(&mut db)
    .await
    .expect("only the hash of the token is stored");
    assert!((23.9..=24.0).contains(&hours_left), "{hours_left}");
}

#[tokio::test]
async fn password_is_stored_as_argon2id_with_owasp_parameters() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    let stored: String =
        query_scalar("SELECT hashed_password FROM users").fetch_one(&mut app.db().await).await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
}

#[tokio::test]
async fn taken_address_gets_409_in_any_spelling() {
    let app = App::start().await;
    register(&app, "ann@example.com").await;
    for email in ["ann@example.com", "ANN@EXAMPLE.COM"] {
        let reply = app.post_json(PATH, json!({ "email": email, "password": PASSWORD })).await;
        assert_eq!(reply.status, 409);
        let detail = "A user with this email ann@example.com already exists.";
        assert_eq!(reply.json(), json!({ "detail": detail }));
    }
    let mails: i64 =
        query_scalar("SELECT count(*) FROM mail_outbox").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(mails, 1);
}

#[tokio::test]
async fn concurrent_registrations_of_one_address_succeed_once() {
    let app = App::start().await;
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let replies = join_all((0..8).map(|_| app.post_json(PATH, body.clone()))).await;
    let mut statuses: Vec<u16> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
    let users: i64 = query_scalar("SELECT count(*) FROM users").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(users, 1);
}

#[tokio::test]
async fn failed_registration_stores_nothing() {
    let app = App::start().await;
    let mut db = app.db().await;
    sqlx::query("ALTER TABLE mail_outbox ADD CHECK (false) NOT VALID").execute(&mut db).await.unwrap();
    let reply = app.post_json(PATH, json!({ "email": "ann@example.com", "password": PASSWORD })).await;
    assert_eq!(reply.status, 500);
    assert_eq!(reply.json(), json!({ "detail": "An error occurred during user creation." }));
    let users: i64 = query_scalar("SELECT count(*) FROM users").fetch_one(&mut db).await.unwrap();
    assert_eq!(users, 0);
}

#[tokio::test]
async fn malformed_email_and_password_get_422_with_both_errors() {
    let app = App::start().await;
    let reply = app.post_json(PATH, json!({ "email": "ann@example", "password": "AAAAaaaa1@\0" })).await;
    let reason = "The part after the @-sign is not valid. It should have a period.";
    let faults = json!([
        {
            "type": "value_error", "loc": ["body", "email"], "input": "ann@example",
            "msg": format!("value is not a valid email address: {reason}"), "ctx": {"reason": reason},
        },
        {
            "type": "value_error", "loc": ["body", "password"], "input": "**********",
            "msg": "Value error, NUL characters are not allowed.", "ctx": {"error": {}},
        },
    ]);
    assert_eq!((reply.status.as_u16(), reply.json()), (422, json!({ "detail": faults })));
}

#[tokio::test]
async fn longest_password_registers() {
    let app = App::start().await;
    let password = format!("Aa٣@{}", "ñ".repeat(4092));
    let reply = app.post_json(PATH, json!({ "email": "ann@example.com", "password": password })).await;
    assert_eq!(reply.status, 201);
}

#[tokio::test]
async fn secret_is_masked_in_echoed_input() {
    let app = App::start().await;
    let email = json!({ "token": "t", "list": [{ "refresh_token": 1 }], "n": 1 });
    let reply = app.post_json(PATH, json!({ "email": email, "password": PASSWORD })).await;
    let input = json!({ "token": "**********", "list": [{ "refresh_token": "**********" }], "n": 1 });
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["input"]), (422, &input));
}
