//! Creating a profile.

use serde_json::json;
use sqlx::Row;

use super::{app_with_user, assert_detail, bare, bearer, form, objects, path, picture, post, send};
use crate::support::{Method, accounts, form::Form};

#[tokio::test]
async fn new_profile_is_normalized_stored_and_returned() {
    let (app, user) = app_with_user().await;
    let reply = post(&app, user, &form()).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
    assert_eq!(reply.header("location"), Some(&*format!("/v1{}", path(user))));
    let mut profile = reply.json();
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), profile);
    assert_eq!(picture(&app, &profile).await.status, 200);
    let avatar = profile["avatar"].take();
    let version = avatar.as_str().unwrap().split_once("?v=").expect("it has a version").1;
    let start = format!("https://movies.example.com/media/avatars/{user}_avatar.jpg?v=");
    assert_eq!((avatar.as_str(), version.len()), (Some(&*format!("{start}{version}")), 43));
    assert_eq!(
        profile,
        json!({
            "id": 1, "user_id": user, "first_name": "ann", "last_name": "smith", "gender": "woman",
            "date_of_birth": "1990-05-17", "info": "Likes heist movies.", "avatar": null,
        })
    );
    let row = sqlx::query("SELECT avatar, picture FROM user_profiles")
        .fetch_one(&mut app.db().await)
        .await
        .unwrap();
    assert_eq!(row.get::<String, _>("avatar"), format!("avatars/{user}_avatar.jpg"));
    assert_eq!(row.get::<String, _>("picture"), version);
    assert_eq!(objects(&app), [format!("{user}_{version}.jpg")]);
}

#[tokio::test]
async fn second_profile_is_rejected_and_keeps_first() {
    let (app, user) = app_with_user().await;
    let first = post(&app, user, &form()).await.json();
    let stored = objects(&app);
    assert_detail(&post(&app, user, &form()).await, 400, "User already has a profile.");
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), first);
    assert_eq!(objects(&app), stored);
}

#[tokio::test]
async fn token_comes_before_form_and_form_before_permission() {
    let (app, user) = app_with_user().await;
    let request = async |authorization: &str, body: Vec<u8>| {
        let request = app.request(Method::POST, &path(user)).header("authorization", authorization);
        request.header("content-type", &Form::media_type()).body(body).send().await
    };
    let whole = form().body();
    let missing = app.request(Method::POST, &path("x")).send().await;
    assert_detail(&missing, 401, "Authorization header is missing");
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    let format = "Invalid Authorization header format. Expected 'Bearer <token>'";
    assert_detail(&request("Basic x", whole.clone()).await, 401, format);
    assert_detail(&request("Bearer x", vec![b' '; 4 * 1024 * 1024 + 1]).await, 401, "Invalid token.");
    // Of a user who does not exist.
    let missing = bearer(99);
    assert_eq!(request(&missing, Vec::new()).await.status, 422);
    assert_detail(&request(&missing, whole).await, 403, "You don't have permission to edit this profile.");
    assert_eq!(objects(&app).len(), 0);
}

#[tokio::test]
async fn form_up_to_four_mebibytes_is_read() {
    let (app, user) = app_with_user().await;
    let of_size =
        |size: usize| form().text("unknown", vec![b'x'; size - form().text("unknown", "").body().len()]);
    let limit = 4 * 1024 * 1024;
    assert_detail(&post(&app, user, &of_size(limit + 1)).await, 413, "Request body is too large.");
    assert_eq!(post(&app, user, &of_size(limit)).await.status, 201);
}

#[tokio::test]
async fn profile_of_unusable_account_is_not_created() {
    let (app, user) = app_with_user().await;
    let moderator = accounts::active(&app, "moderator@example.com").await;
    let grant = json!({"command": "grant", "email": "moderator@example.com", "group": "moderator"});
    app.invoke("Manage", grant).await.unwrap();
    let inactive = accounts::register(&app, "guest@example.com").await;
    sqlx::query("UPDATE users SET disabled_at = now() WHERE id = $1")
        .bind(user)
        .execute(&mut app.db().await)
        .await
        .unwrap();
    for user in [user, inactive, 99, 0, -1, i64::MAX] {
        let reply = send(&app, Method::POST, moderator, user, &form()).await;
        assert_detail(&reply, 401, "User not found or not active.");
    }
    assert_eq!(objects(&app).len(), 0);
}
