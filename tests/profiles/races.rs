//! Requests for one profile at the same time, and processes that end between two steps.

use serde_json::{Value, json};

use super::{
    assert_detail, bare, form, objects, path, picture, post, send, storage::HeldUploads, sweep::age,
};
use crate::support::{
    App, Method, accounts,
    form::{Form, png},
    locks::{set_deadlock_timeout, statements_wait},
};

#[tokio::test]
async fn concurrent_creations_leave_profile_and_picture_of_one() {
    let (held, app) = HeldUploads::app().await;
    let form = form();
    let user = accounts::active(&app, "ann@example.com").await;
    let (one, two, ()) = tokio::join!(post(&app, user, &form), post(&app, user, &form), async {
        held.arrived(2).await;
        held.let_go();
    });
    let (winner, loser) = if one.status == 201 { (one, two) } else { (two, one) };
    assert_eq!(winner.status, 201, "{}", winner.text());
    assert_detail(&loser, 400, "User already has a profile.");
    let version = winner.json()["avatar"].as_str().unwrap().split_once("?v=").unwrap().1.to_owned();
    assert_eq!(held.stored(), [format!("avatars/{user}_{version}.jpg")]);
}

#[tokio::test]
async fn concurrent_creation_succeeds_where_picture_of_other_fails() {
    let (held, app) = HeldUploads::app().await;
    let form = form();
    let user = accounts::active(&app, "ann@example.com").await;
    held.reject_first();
    let (one, two, ()) = tokio::join!(post(&app, user, &form), post(&app, user, &form), async {
        held.arrived(2).await;
        held.let_go();
    });
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 500], "{} {}", one.text(), two.text());
}

#[tokio::test]
async fn profile_changed_and_deleted_at_once_keeps_no_picture() {
    let (held, app) = HeldUploads::app().await;
    let form = form();
    let user = accounts::active(&app, "ann@example.com").await;
    held.let_go();
    // Starts the function, because storage does not wait for long below.
    assert_eq!(bare(&app, Method::DELETE, user, user).await.status, 404);
    assert_eq!(post(&app, user, &form).await.status, 201);
    held.hold();
    let (changed, ()) = tokio::join!(send(&app, Method::PATCH, user, user, &form), async {
        held.arrived(2).await;
        assert_eq!(bare(&app, Method::DELETE, user, user).await.status, 204);
        held.let_go();
    });
    assert_detail(&changed, 404, "Profile not found.");
    assert_eq!(held.stored(), Vec::<String>::new());
}

#[tokio::test]
async fn concurrent_new_pictures_leave_one_object() {
    let app = App::start().await;
    let user = accounts::active(&app, "ann@example.com").await;
    post(&app, user, &form()).await;
    for size in 10..14 {
        let change = async |size| {
            let form = Form::default().file("avatar", "x", &png(size, size));
            send(&app, Method::PATCH, user, user, &form).await
        };
        let (one, two) = tokio::join!(change(size), change(size + 100));
        assert_eq!((one.status.as_u16(), two.status.as_u16()), (200, 200));
        assert_eq!(objects(&app).len(), 1);
        let profile = bare(&app, Method::GET, user, user).await.json();
        assert!([one.json(), two.json()].contains(&profile));
        assert_eq!(picture(&app, &profile).await.status, 200);
    }
}

#[tokio::test]
async fn crash_after_upload_leaves_no_row_and_swept_object() {
    let (held, mut app) = HeldUploads::app().await;
    let form = form();
    let user = accounts::active(&app, "ann@example.com").await;
    tokio::select! {
        // The process is killed after the upload, before the row.
        _ = post(&app, user, &form) => panic!("the storage has not answered"),
        () = held.arrived(1) => {}
    }
    let uploaded = held.stored();
    app.set_env("STORAGE_URL", &format!("file:{}", app.storage().display()));
    std::fs::create_dir_all(app.storage().join("avatars")).unwrap();
    for key in &uploaded {
        std::fs::write(app.storage().join(key), b"a picture").unwrap();
        age(&app, key);
    }
    assert_eq!(bare(&app, Method::GET, user, user).await.status, 404);
    let profile = post(&app, user, &form).await;
    assert_eq!(profile.status, 201, "{}", profile.text());
    let swept = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!((&swept["pictures"], &swept["complete"]), (&json!(uploaded.len()), &Value::Bool(true)));
    assert_eq!(picture(&app, &profile.json()).await.status, 200);
}

#[tokio::test]
async fn user_who_is_deleted_meanwhile_gets_no_profile() {
    let (app, form) = (App::start().await, form());
    let user = accounts::active(&app, "ann@example.com").await;
    let mut deletion = app.db().await;
    // The deletion holds the user's row when the profile refers to it.
    sqlx::raw_sql("BEGIN; DELETE FROM users").execute(&mut deletion).await.unwrap();
    let (reply, _) = tokio::join!(post(&app, user, &form), async {
        statements_wait(&app, 1).await;
        sqlx::raw_sql("COMMIT").execute(&mut deletion).await.unwrap();
    });
    assert_detail(&reply, 401, "User not found or not active.");
    assert_eq!(objects(&app).len(), 0);
}

/// Requests lock the session before the profile. A deletion that took the profile first could deadlock with them.
#[tokio::test]
async fn change_during_a_deletion_of_the_account_succeeds() {
    let app = App::start().await;
    let user = accounts::active(&app, "ann@example.com").await;
    assert_eq!(post(&app, user, &form()).await.status, 201);
    let tokens = accounts::login(&app, "ann@example.com", accounts::PASSWORD).await.json();
    let token = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let mut db = app.db().await;
    let gate = "CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql
                    AS 'BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END';
                CREATE TRIGGER gate BEFORE DELETE ON refresh_tokens EXECUTE FUNCTION gate();
                SELECT pg_advisory_lock(1)";
    sqlx::raw_sql(gate).execute(&mut db).await.unwrap();
    // Too late for an answer.
    set_deadlock_timeout(&app, "1min").await;
    // Starts the function, because the deletion does not wait for long.
    let change = async |name| {
        let form = Form::of(&json!({ "first_name": name }));
        let change = app.request(Method::PATCH, &path(user)).header("authorization", &token);
        change.header("content-type", &Form::media_type()).body(form.body()).send().await
    };
    assert_eq!(change("Eva").await.status, 200);

    let body = json!({ "password": accounts::PASSWORD }).to_string();
    let delete = app.request(Method::DELETE, "/api/v1/accounts/me/").header("authorization", &token);
    let delete = delete.header("content-type", "application/json").body(body).send();
    let change_meanwhile = async {
        statements_wait(&app, 1).await;
        // A session is marked as used if it was not within the last minute.
        let rested = "UPDATE refresh_tokens SET last_used_at = now() - interval '5 minutes'";
        sqlx::query(rested).execute(&mut db).await.unwrap();
        let mut change = std::pin::pin!(change("Eve"));
        let early = tokio::select! {
            reply = &mut change => Some(reply),
            () = statements_wait(&app, 2) => None,
        };
        sqlx::query("SELECT pg_advisory_unlock(1)").execute(&mut db).await.unwrap();
        match early {
            Some(reply) => reply,
            None => change.await,
        }
    };
    let (deleted, changed) = tokio::join!(delete, change_meanwhile);
    assert_eq!((deleted.status.as_u16(), changed.status.as_u16()), (204, 200), "{}", changed.text());
}
