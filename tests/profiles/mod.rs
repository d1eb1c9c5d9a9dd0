//! Profiles of users, with pictures.

mod access;
mod change;
mod create;
mod fields;
mod media;
mod pictures;
mod races;
mod storage;
mod sweep;

use serde_json::{Value, json};

use crate::support::{App, Method, Reply, StatusCode, accounts, app::ACCESS_KEY, form::Form, jwt};

/// Returns the path of a user's profile.
fn path(user_id: impl std::fmt::Display) -> String {
    format!("/api/v1/profiles/users/{user_id}/profile/")
}

/// Returns the header of an access token that names no session.
fn bearer(user_id: i64) -> String {
    let claims = json!({"user_id": user_id, "exp": jwt::in_seconds(600), "iat": jwt::in_seconds(0)});
    format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY))
}

/// Returns a valid form.
fn form() -> Form {
    Form::of(&json!({
        "first_name": "Ann", "last_name": "SMITH", "gender": "woman", "date_of_birth": "1990-05-17",
        "info": "  Likes heist movies.\n", "avatar": "face.png",
    }))
}

/// Sends a form with an access token of `caller` to the profile of `user_id`.
async fn send(app: &App, method: Method, caller: i64, user_id: i64, form: &Form) -> Reply {
    let request = app.request(method, &path(user_id)).header("authorization", &bearer(caller));
    request.header("content-type", &Form::media_type()).body(form.body()).send().await
}

/// Creates the user's own profile.
async fn post(app: &App, user_id: i64, form: &Form) -> Reply {
    send(app, Method::POST, user_id, user_id, form).await
}

/// Sends a request without a body.
async fn bare(app: &App, method: Method, caller: i64, user_id: i64) -> Reply {
    app.request(method, &path(user_id)).header("authorization", &bearer(caller)).send().await
}

/// Starts an app with an active user, and returns both.
async fn app_with_user() -> (App, i64) {
    let app = App::start().await;
    let user = accounts::active(&app, "ann@example.com").await;
    (app, user)
}

/// Returns the path and query of a picture's URL.
fn target(profile: &Value) -> String {
    let url = profile["avatar"].as_str().expect("the profile has a picture");
    url.strip_prefix("https://movies.example.com").expect("it is below MEDIA_URL").to_owned()
}

/// Returns the picture of a profile.
async fn picture(app: &App, profile: &Value) -> Reply {
    app.get(&target(profile)).await
}

/// Returns the keys of the stored objects.
fn objects(app: &App) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(app.storage().join("avatars")) else { return Vec::new() };
    entries.map(|entry| entry.expect("it is there").file_name().into_string().expect("it is text")).collect()
}

#[track_caller]
fn assert_detail(reply: &Reply, status: u16, detail: &str) {
    assert_eq!(
        (reply.status, reply.json()),
        (StatusCode::from_u16(status).unwrap(), json!({ "detail": detail }))
    );
}

/// Asserts that the reply is a 422 with these faults.
#[track_caller]
fn assert_faults(reply: &Reply, faults: Value) {
    assert_eq!((reply.status.as_u16(), reply.json()), (422, json!({ "detail": faults })));
}
