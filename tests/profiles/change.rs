//! Changing and deleting a profile.

use serde_json::json;

use super::{app_with_user, assert_faults, bare, bearer, form, objects, path, picture, post, send};
use crate::support::{
    Method,
    form::{Form, png},
};

#[tokio::test]
async fn patch_changes_sent_fields_only() {
    let (app, user) = app_with_user().await;
    let mut profile = post(&app, user, &form()).await.json();
    let nothing = send(&app, Method::PATCH, user, user, &Form::default()).await;
    assert_eq!((nothing.status.as_u16(), nothing.json()), (200, profile.clone()));
    for (field, sent, stored) in [
        ("first_name", "Anna", "anna"),
        ("last_name", "Lee", "lee"),
        ("gender", "man", "man"),
        ("date_of_birth", "1980-02-29T00:00", "1980-02-29"),
        ("info", " Something else ", "Something else"),
    ] {
        profile[field] = json!(stored);
        let reply = send(&app, Method::PATCH, user, user, &Form::default().text(field, sent)).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, profile.clone()), "{field}");
    }
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), profile);
}

#[tokio::test]
async fn new_picture_replaces_old_object_and_url() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    let before = objects(&app);
    let form = Form::default().file("avatar", "x", &png(20, 10));
    let changed = send(&app, Method::PATCH, user, user, &form).await.json();
    assert_ne!(changed["avatar"], profile["avatar"]);
    let after = objects(&app);
    assert!(after.len() == 1 && after != before, "{after:?}");
    let picture = picture(&app, &changed).await;
    let picture = image::load_from_memory(&picture.body).expect("it is a picture");
    assert_eq!((picture.width(), picture.height()), (20, 10));
}

#[tokio::test]
async fn patch_follows_rules_of_new_profile() {
    let (app, user) = app_with_user().await;
    let profile = post(&app, user, &form()).await.json();
    let before = objects(&app);
    let missing = |loc| json!([{"type": "missing", "loc": loc, "msg": "Field required", "input": null}]);
    let blank = "Info field cannot be empty or contain only spaces.";
    let text = "Value error, Expected UploadFile, received: <class 'str'>";
    for (form, faults) in [
        (
            Form::default().text("info", ""),
            json!([{"type": "value_error", "loc": ["info"], "msg": blank, "input": ""}]),
        ),
        (
            Form::default().text("avatar", ""),
            json!([{"type": "value_error", "loc": ["body", "avatar"], "msg": text, "input": "", "ctx": {"error": {}}}]),
        ),
        (
            Form::default().text("gender", "x").text("info", "good"),
            json!([{"type": "value_error", "loc": ["gender"], "msg": "Gender must be one of: man, woman", "input": "x"}]),
        ),
        (
            Form::default().text("info", "good").file("avatar", "x", b""),
            json!([{"type": "value_error", "loc": ["avatar"], "msg": "Invalid image format", "input": "x"}]),
        ),
    ] {
        assert_faults(&send(&app, Method::PATCH, user, user, &form).await, faults);
    }
    let json = app.request(Method::PATCH, &path(user)).header("authorization", &bearer(user));
    let json = json.header("content-type", "application/json").body(r#"{"info": "good"}"#).send().await;
    assert_faults(&json, missing(json!(["body"])));
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), profile);
    assert_eq!(objects(&app), before);
}

#[tokio::test]
async fn deleted_profile_leaves_no_row_and_no_object() {
    let (app, user) = app_with_user().await;
    assert_eq!(post(&app, user, &form()).await.status, 201);
    let reply = bare(&app, Method::DELETE, user, user).await;
    assert_eq!((reply.status.as_u16(), reply.body.len()), (204, 0));
    assert_eq!(objects(&app).len(), 0);
    assert_eq!(bare(&app, Method::GET, user, user).await.status, 404);
    assert_eq!(post(&app, user, &form()).await.status, 201);
}

#[tokio::test]
async fn adopted_profile_has_nulls_and_no_picture_url() {
    let (app, user) = app_with_user().await;
    let insert =
        "INSERT INTO user_profiles (first_name, avatar, user_id) VALUES ('ann', 'avatars/theirs.jpg', $1)";
    sqlx::query(insert).bind(user).execute(&mut app.db().await).await.unwrap();
    let mut profile = json!({
        "id": 1, "user_id": user, "first_name": "ann", "last_name": null, "gender": null, "date_of_birth": null,
        "info": null, "avatar": null,
    });
    assert_eq!(bare(&app, Method::GET, user, user).await.json(), profile);
    let form = Form::default().file("avatar", "x", &png(8, 8));
    let mut changed = send(&app, Method::PATCH, user, user, &form).await.json();
    assert_eq!(picture(&app, &changed).await.status, 200);
    (profile["avatar"], changed["avatar"]) = (json!(""), json!(""));
    assert_eq!(changed, profile);
}
