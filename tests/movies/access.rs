//! Who may write movies.

use serde_json::{Value, json};
use sqlx::query;

use super::{PATH, body};
use crate::support::{
    App, Method, Reply,
    accounts::active,
    app::{ACCESS_KEY, REFRESH_KEY},
    jwt,
};

/// Sends each of the three endpoints a request that is invalid in every way except its authorization.
async fn attempts(app: &App, authorization: Option<&str>) -> Vec<Reply> {
    let mut replies = Vec::new();
    for (method, path) in [
        (Method::POST, PATH.to_owned()),
        (Method::PATCH, format!("{PATH}abc/")),
        (Method::DELETE, format!("{PATH}1/")),
    ] {
        let mut request = app.request(method, &path).body("{");
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        replies.push(request.send().await);
    }
    replies
}

async fn assert_error(app: &App, authorization: Option<&str>, status: u16, detail: &str) {
    for reply in attempts(app, authorization).await {
        assert_eq!(reply.status, status, "{authorization:?}");
        assert_eq!(reply.json(), json!({ "detail": detail }), "{authorization:?}");
        assert_eq!(reply.header("www-authenticate"), (status == 401).then_some("Bearer"));
    }
}

/// Asserts that a client who may write gets past the authorization with the same requests.
async fn assert_authorized(app: &App, authorization: Option<&str>) {
    let statuses: Vec<_> =
        attempts(app, authorization).await.iter().map(|reply| reply.status.as_u16()).collect();
    assert_eq!(statuses, [422, 422, 404]);
}

fn bearer(user_id: i64, exp: i64, key: &str) -> String {
    format!("Bearer {}", jwt::sign(&json!({ "user_id": user_id, "exp": jwt::in_seconds(exp) }), key))
}

async fn grant(app: &App, group: &str) {
    grant_to(app, "ann@example.com", group).await;
}

async fn grant_to(app: &App, email: &str, group: &str) {
    let event = json!({ "command": "grant", "email": email, "group": group });
    app.invoke("Manage", event).await.unwrap();
}

const FORBIDDEN: &str = "You do not have permission to perform this action.";

#[tokio::test]
async fn write_without_valid_token_gets_401() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    grant(&app, "admin").await;
    assert_error(&app, None, 401, "Authorization header is missing").await;
    let format = "Invalid Authorization header format. Expected 'Bearer <token>'";
    for header in ["Bearer", "Bearer ", "Basic YTpi", "token"] {
        assert_error(&app, Some(header), 401, format).await;
    }
    let invalid = "Invalid token.";
    assert_error(&app, Some("Bearer x.y.z"), 401, invalid).await;
    assert_error(&app, Some(&bearer(id, 60, REFRESH_KEY)), 401, invalid).await;
    assert_error(&app, Some(&bearer(id, -1, ACCESS_KEY)), 401, "Token has expired.").await;
    assert_authorized(&app, Some(&bearer(id, 60, ACCESS_KEY))).await;
}

#[tokio::test]
async fn write_requires_active_moderator_or_admin() {
    let app = App::start().await;
    let id = active(&app, "ann@example.com").await;
    let token = bearer(id, 60, ACCESS_KEY);
    assert_error(&app, Some(&token), 403, FORBIDDEN).await;
    // The admin who remains when the other one is demoted.
    active(&app, "admin@example.com").await;
    grant_to(&app, "admin@example.com", "admin").await;
    for group in ["moderator", "admin"] {
        grant(&app, group).await;
        assert_authorized(&app, Some(&token)).await;
    }
    grant(&app, "user").await;
    assert_error(&app, Some(&token), 403, FORBIDDEN).await;

    grant(&app, "moderator").await;
    let mut db = app.db().await;
    query("UPDATE users SET is_active = false").execute(&mut db).await.unwrap();
    assert_error(&app, Some(&token), 403, FORBIDDEN).await;
    query("DELETE FROM users").execute(&mut db).await.unwrap();
    assert_error(&app, Some(&token), 401, "Invalid token.").await;
}

#[tokio::test]
async fn moderator_can_create_update_and_delete() {
    let app = App::start().await;
    let token = bearer(active(&app, "ann@example.com").await, 60, ACCESS_KEY);
    grant(&app, "moderator").await;
    let send = async |method, path: &str, body: Value| {
        app.request(method, path).header("authorization", &token).body(body.to_string()).send().await
    };
    let movie = send(Method::POST, PATH, body("Heat")).await;
    assert_eq!(movie.status, 201, "{}", movie.text());
    let path = format!("{PATH}{}/", movie.json()["id"]);
    assert_eq!(send(Method::PATCH, &path, json!({"score": 90})).await.status, 200);
    assert_eq!(app.get(&path).await.json()["score"], json!(90.0));
    assert_eq!(send(Method::DELETE, &path, Value::Null).await.status, 204);
}

#[tokio::test]
async fn wrong_method_gets_405_before_authorization() {
    let app = App::start().await;
    for (method, path) in [(Method::POST, format!("{PATH}1/")), (Method::DELETE, PATH.to_owned())] {
        assert_eq!(app.request(method, &path).send().await.status, 405);
    }
}

#[tokio::test]
async fn open_writes_need_no_token() {
    let app = App::builder().env("MOVIE_WRITES", "open").env("SECRET_KEY_ACCESS", "").start().await;
    assert_authorized(&app, None).await;
    assert_authorized(&app, Some("Bearer nonsense")).await;
}

#[tokio::test]
async fn unknown_movie_writes_setting_returns_500() {
    let app = App::builder().env("MOVIE_WRITES", "everybody").start().await;
    let reply = app.post_json(PATH, body("Heat")).await;
    assert_eq!(reply.status, 500);
    assert!(app.logs("CreateMovie").contains("MOVIE_WRITES must be moderators or open"));
}
