//! Pictures, as browsers load them.

use serde_json::json;

use super::{app_with_user, assert_detail, bare, form, objects, picture, post, send, target};
use crate::support::{Method, accounts};

#[tokio::test]
async fn picture_is_served_privately_with_etag() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    let reply = picture(&app, &profile).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.starts_with(&[0xff, 0xd8, 0xff]));
    for (header, value) in [
        ("content-type", "image/jpeg"),
        ("cache-control", "private, max-age=300"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(reply.header(header), Some(value));
    }
    let tag = reply.header("etag").expect("it has a tag");
    let request = app.request(Method::GET, &target(&profile)).header("if-none-match", tag);
    let known = request.send().await;
    assert_eq!((known.status.as_u16(), known.body.len(), known.header("etag")), (304, 0, Some(tag)));
    assert_eq!(known.header("cache-control"), Some("private, max-age=300"));
    let head = app.request(Method::HEAD, &target(&profile)).send().await;
    assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
    assert_eq!(head.header("content-length"), Some(&*reply.body.len().to_string()));
}

#[tokio::test]
async fn picture_needs_its_own_version_and_name() {
    let (app, user) = app_with_user().await;
    let other = accounts::active(&app, "bob@example.com").await;
    let profile = post(&app, user, &form()).await.json();
    let second = post(&app, other, &form()).await.json();
    let (path, version) =
        target(&profile).split_once("?v=").map(|(path, v)| (path.to_owned(), v.to_owned())).unwrap();
    let other_version = target(&second).split_once("?v=").unwrap().1.to_owned();
    let object = objects(&app).into_iter().find(|name| name.starts_with(&format!("{user}_"))).unwrap();
    for target in [
        path.clone(),
        format!("{path}?v="),
        format!("{path}?v={other_version}"),
        format!("{path}?v={}", version.to_lowercase()),
        format!("{path}?v={version}%00"),
        format!("{path}?v={}", "%00".repeat(43)),
        format!("{path}?V={version}"),
        format!("/media/avatars/0{user}_avatar.jpg?v={version}"),
        format!("/media/avatars/+{user}_avatar.jpg?v={version}"),
        format!("/media/avatars/99999999999999999999_avatar.jpg?v={version}"),
        format!("/media/avatars/{user}_avatar.png?v={version}"),
        format!("/media/avatars/{object}?v={version}"),
        format!("/media/avatars/..%2favatars%2f{object}?v={version}"),
    ] {
        assert_detail(&app.get(&target).await, 404, "Picture not found.");
    }
    for target in [format!("/media/avatars/?v={version}"), format!("/media/?v={version}")] {
        assert_detail(&app.get(&target).await, 404, "Not Found");
    }
    // The last of a repeated one counts.
    assert_eq!(app.get(&format!("{path}?v=x&v={version}")).await.status, 200);
}

#[tokio::test]
async fn old_url_of_changed_or_deleted_picture_is_404() {
    let (app, user) = app_with_user().await;
    let first = post(&app, user, &form()).await.json();
    let changed = send(&app, Method::PATCH, user, user, &form()).await.json();
    assert_ne!(first["avatar"], changed["avatar"]);
    assert_eq!(picture(&app, &first).await.status, 404);
    assert_eq!(picture(&app, &changed).await.status, 200);
    assert_eq!(bare(&app, Method::DELETE, user, user).await.status, 204);
    assert_eq!(picture(&app, &changed).await.status, 404);
}

#[tokio::test]
async fn picture_that_storage_lost_is_404_and_logged() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    std::fs::remove_file(app.storage().join("avatars").join(&objects(&app)[0])).unwrap();
    assert_detail(&picture(&app, &profile).await, 404, "Picture not found.");
    let lines = app.lines();
    let line = lines.iter().find(|line| line["level"] == "ERROR").expect("it is logged");
    assert_eq!(line["user_id"], json!(user));
}
