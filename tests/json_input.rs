//! Hostile JSON: names with a meaning in libraries, deep nesting, size, and very many validation errors.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    movies,
    support::{
        App, Method, Reply,
        accounts::active,
        app::{ACCESS_KEY, REFRESH_KEY},
        jwt,
    },
};

/// The largest response to invalid input, in bytes.
const MAX_RESPONSE: usize = 256 * 1024;

async fn post(app: &App, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    app.request(Method::POST, path).header("content-type", "application/json").body(body).send().await
}

/// Wraps `text` in objects whose only member serde_json reads as JSON in a string.
fn raw_values(levels: usize, text: &str) -> String {
    (0..levels).fold(text.to_owned(), |text, _| json!({ "$serde_json::private::RawValue": text }).to_string())
}

#[tokio::test]
async fn serde_json_private_names_are_unknown_members() {
    let app = App::start().await;
    let known = json!({ "email": "ann@example.com", "password": "StrongPassword123!" });
    let hidden = raw_values(1, &known.to_string());
    let reply = post(&app, "/api/v1/accounts/register/", hidden).await;
    assert_eq!(reply.status, 422);
    assert_eq!(reply.json()["detail"][0]["loc"], json!(["body", "email"]));

    for name in ["Number", "RawValue"] {
        let name = format!("$serde_json::private::{name}");
        let mut body = known.clone();
        body["zz"] = json!({ name.as_str(): "abc" });
        body["email"] = json!(format!("{}@example.com", name.len()));
        let reply = post(&app, "/api/v1/accounts/register/", body.to_string()).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
    }
}

#[tokio::test]
async fn deeply_nested_body_is_rejected_and_next_request_works() {
    let app = App::start().await;
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    // Each level doubles the backslashes of the inner one, so few levels fit into 1 MiB.
    let bodies = [
        raw_values(8, &deep),
        format!("{}1{}", "[".repeat(500_000), "]".repeat(500_000)),
        format!("{}1{}", r#"{"a":"#.repeat(150_000), "}".repeat(150_000)),
        "[".repeat(1_000_000),
    ];
    let path = "/api/v1/accounts/register/";
    for body in &bodies {
        assert_eq!(post(&app, path, body.as_str()).await.status, 422, "{body:.40}");
    }
    assert_eq!(post(&app, path, r#"{"email":"ann@example.com"}"#).await.status, 422);
    assert_eq!(app.environments("Register"), 1, "it has ended");
}

#[tokio::test]
async fn token_headers_and_claims_follow_json_rules() {
    let app = App::start().await;
    active(&app, "ann@example.com").await;
    let deep = format!("{}1{}", "[".repeat(120), "]".repeat(120));
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let claims = json!({ "user_id": 1, "exp": jwt::in_seconds(60) }).to_string();
    let extra = |value: &str| format!(r#"{{"alg":"HS256","zz":{value}}}"#);
    let deeper = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let headers =
        [extra(&raw_values(6, &deep)), extra(&deeper), extra(r#"{"$serde_json::private::Number":"x"}"#)];
    for header in &headers {
        let token = format!("{}.{}.c2lnbmF0dXJl", part(header), part(&claims));
        for path in ["refresh", "logout"] {
            let body = json!({ "refresh_token": token }).to_string();
            let reply = post(&app, &format!("/api/v1/accounts/{path}/"), body).await;
            assert_eq!(
                (reply.status.as_u16(), reply.json()["detail"].as_str()),
                (400, Some("Invalid token."))
            );
        }
        let me = app.request(Method::GET, "/api/v1/accounts/me/");
        let reply = me.header("authorization", &format!("Bearer {token}")).send().await;
        assert_eq!((reply.status.as_u16(), reply.json()["detail"].as_str()), (401, Some("Invalid token.")));
    }
    for function in ["Refresh", "Logout", "Me"] {
        assert_eq!(app.environments(function), 1, "{function} has ended");
    }
}

#[tokio::test]
async fn token_with_crit_or_future_nbf_is_invalid() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let header = json!({ "typ": "JWT", "alg": "HS256" });
    let claims = json!({ "user_id": id, "exp": jwt::in_seconds(60) });
    let me = async |header: &Value, claims: &Value| {
        let token = jwt::sign_with(hmac::HMAC_SHA256, header, claims, ACCESS_KEY);
        let request = app.request(Method::GET, "/api/v1/accounts/me/");
        request.header("authorization", &format!("Bearer {token}")).send().await.status.as_u16()
    };
    assert_eq!(me(&header, &claims).await, 200);
    let with = |value: &Value, name: &str, member: Value| {
        let mut value = value.clone();
        value[name] = member;
        value
    };
    assert_eq!(me(&header, &with(&claims, "nbf", json!(jwt::in_seconds(-1)))).await, 200);
    assert_eq!(me(&header, &with(&claims, "nbf", json!(jwt::in_seconds(30)))).await, 401);
    assert_eq!(me(&with(&header, "crit", json!(["exp"])), &claims).await, 401);

    let token = jwt::sign(&with(&claims, "nbf", json!(jwt::in_seconds(30))), REFRESH_KEY);
    let reply = app.post_json("/api/v1/accounts/refresh/", json!({ "refresh_token": token })).await;
    assert_eq!((reply.status.as_u16(), reply.json()["detail"].as_str()), (400, Some("Invalid token.")));
}

#[tokio::test]
async fn response_to_large_invalid_body_stays_small() {
    let app = App::start().await;
    let path = "/api/v1/accounts/reset-password/complete/";
    let items = vec![r#"{"token":0}"#; 80_000].join(",");
    let bodies = [
        format!(r#"{{"x":[{items}]}}"#),
        format!("[{items}]"),
        json!({ "email": "\u{1}".repeat(170_000), "password": 1, "token": "\"".repeat(10_000) }).to_string(),
        json!({ "email": vec!["x"; 200_000], "password": { "a": "\u{1}".repeat(10_000) } }).to_string(),
    ];
    for body in bodies {
        assert!(body.len() <= 1024 * 1024 + 64 * 1024, "{}", body.len());
        let reply = post(&app, path, body).await;
        assert!(matches!(reply.status.as_u16(), 413 | 422), "{}", reply.status);
        assert!(reply.body.len() <= MAX_RESPONSE, "{}", reply.body.len());
    }
    assert_eq!(app.environments("PasswordResetComplete"), 1);
}

#[tokio::test]
async fn long_echoed_input_is_replaced_by_its_length() {
    let app = App::start().await;
    let filler = "é ".repeat(2000);
    let reply =
        post(&app, "/api/v1/accounts/register/", format!(r#"{{ "x" : "{filler}" , "password": "secret"}}"#))
            .await;
    let length = json!({ "x": filler, "password": "**********" }).to_string().len();
    assert_eq!(reply.json()["detail"][0]["input"], json!(format!("<{length} bytes>")));
}

#[tokio::test]
async fn response_lists_at_most_100_errors() {
    let app = movies::open().await;
    let long = "x".repeat(2046);
    let reply = movies::create(&app, movies::with("Heat", json!({ "actors": vec![long; 400] }))).await;
    assert_eq!(reply.json()["detail"].as_array().expect("a list").len(), 100);
    assert!(reply.body.len() <= MAX_RESPONSE, "{}", reply.body.len());
}

#[tokio::test]
async fn ten_thousand_genres_are_stored() {
    let app = movies::open().await;
    let names: Vec<_> = (0..10_000).map(|number| format!("Name {number}")).collect();
    let reply = movies::create(&app, movies::with("Heat", json!({ "genres": names }))).await;
    assert_eq!((reply.status.as_u16(), reply.json()["genres"].as_array().map(Vec::len)), (201, Some(10_000)));
}

#[tokio::test]
async fn manage_commands_follow_json_rules() {
    let app = App::start().await;
    let hidden = json!({ "$serde_json::private::RawValue": r#"{"command":"status"}"# });
    let refused = app.invoke("Manage", hidden).await;
    assert_eq!(refused.expect_err("it is not a command").error_type, "InvalidEvent");
    let email = json!({ "$serde_json::private::RawValue": "\"ann@example.com\"" });
    let event = json!({ "command": "grant", "email": email, "group": "admin" });
    assert_eq!(
        app.invoke("Manage", event).await.expect_err("it is not an address").error_type,
        "InvalidEvent"
    );
}

#[tokio::test]
async fn login_accepts_password_in_every_normal_form() {
    let app = App::start().await;
    let (composed, decomposed) = ("Passw\u{f6}rd1!", "Passwo\u{308}rd1!");
    let body = json!({ "email": "ann@example.com", "password": decomposed });
    assert_eq!(app.post_json("/api/v1/accounts/register/", body).await.status, 201);
    sqlx::query("UPDATE users SET is_active = true").execute(&mut app.db().await).await.unwrap();
    for password in [composed, decomposed] {
        let reply = crate::support::accounts::login(&app, "ann@example.com", password).await;
        assert_eq!(reply.status, 201, "{password}");
    }
}

#[tokio::test]
async fn hash_of_other_normal_form_is_accepted_and_replaced() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let decomposed = "Passwo\u{308}rd1!";
    let stored = bcrypt::hash(decomposed, 4).expect("a hash");
    let mut db = app.db().await;
    sqlx::query("UPDATE users SET hashed_password = $1").bind(&stored).execute(&mut db).await.unwrap();
    let login = async |password| {
        crate::support::accounts::login(&app, "ann@example.com", password).await.status.as_u16()
    };
    assert_eq!(login("Passw\u{f6}rd1!").await, 401);
    assert_eq!(login(decomposed).await, 201);
    assert_eq!(login("Passw\u{f6}rd1!").await, 201);
    let kept: String = sqlx::query_scalar("SELECT hashed_password FROM users WHERE id = $1")
        .bind(id)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(kept.starts_with("$argon2id$"), "{kept}");
}
