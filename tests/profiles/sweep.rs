//! The nightly deletion of pictures that no profile names.

use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::{app_with_user, bearer, form, objects, picture, post};
use crate::support::{App, Method, accounts};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Makes an object older than an hour.
pub fn age(app: &App, key: &str) {
    let file = File::options().write(true).open(app.storage().join(key)).unwrap();
    file.set_modified(SystemTime::now() - HOUR - Duration::from_secs(60)).unwrap();
}

/// Stores an object.
fn put(app: &App, name: &str) {
    fs::create_dir_all(app.storage().join("avatars")).unwrap();
    fs::write(app.storage().join("avatars").join(name), b"a picture").unwrap();
}

#[tokio::test]
async fn only_old_pictures_without_profile_are_deleted() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    let named = objects(&app);
    let of = |letter: &str| format!("{user}_{}.jpg", letter.repeat(43));
    for name in [of("a"), of("b"), of("c"), "notes.txt".into(), format!("{user}_avatar.jpg")] {
        put(&app, &name);
        age(&app, &format!("avatars/{name}"));
    }
    put(&app, &of("d"));
    age(&app, &format!("avatars/{}", named[0]));
    let swept = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!((&swept["pictures"], &swept["complete"]), (&json!(3), &json!(true)));
    let mut kept = objects(&app);
    let mut expected = vec![named[0].clone(), of("d"), "notes.txt".into(), format!("{user}_avatar.jpg")];
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
    assert_eq!(picture(&app, &profile).await.status, 200);
}

#[tokio::test]
async fn sweep_looks_at_every_page_of_objects() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    for number in 0..2500 {
        let name = format!("{number}_{}.jpg", "x".repeat(43));
        put(&app, &name);
        age(&app, &format!("avatars/{name}"));
    }
    let swept = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!(swept["pictures"], 2500);
    assert_eq!(objects(&app).len(), 1);
    assert_eq!(picture(&app, &profile).await.status, 200);
}

#[tokio::test]
async fn picture_of_deleted_account_is_swept() {
    let (app, user) = app_with_user().await;
    let other = accounts::active(&app, "bob@example.com").await;
    post(&app, user, &form()).await;
    post(&app, other, &form()).await;
    let event = json!({"command": "delete", "email": "ann@example.com"});
    app.invoke("Manage", event).await.unwrap();
    for name in objects(&app) {
        age(&app, &format!("avatars/{name}"));
    }
    let swept = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!(swept["pictures"], 1);
    assert!(objects(&app)[0].starts_with(&format!("{other}_")));
}

#[tokio::test]
async fn picture_of_deleted_account_is_closed_and_swept() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    let request = app.request(Method::DELETE, "/api/v1/accounts/me/").header("authorization", &bearer(user));
    let body = json!({"password": accounts::PASSWORD}).to_string();
    assert_eq!(request.header("content-type", "application/json").body(body).send().await.status, 204);
    assert_eq!(picture(&app, &profile).await.status, 404);
    age(&app, &format!("avatars/{}", objects(&app)[0]));
    app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert!(objects(&app).is_empty());
}
