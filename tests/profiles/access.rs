//! Who may see and change a profile.

use serde_json::json;

use super::{app_with_user, assert_detail, bare, bearer, form, path, post, send};
use crate::support::{App, Method, accounts, form::Form};

const FORBIDDEN: &str = "You don't have permission to edit this profile.";

/// All operations on a profile, in an order in which each succeeds.
const METHODS: [(Method, u16); 4] =
    [(Method::POST, 201), (Method::GET, 200), (Method::PATCH, 200), (Method::DELETE, 204)];

async fn in_group(app: &App, email: &str, group: &str) -> i64 {
    let id = accounts::active(app, email).await;
    app.invoke("Manage", json!({"command": "grant", "email": email, "group": group})).await.unwrap();
    id
}

#[tokio::test]
async fn owner_moderator_and_admin_may_do_everything() {
    let (app, user) = app_with_user().await;
    let moderator = in_group(&app, "moderator@example.com", "moderator").await;
    let admin = in_group(&app, "admin@example.com", "admin").await;
    for caller in [user, moderator, admin] {
        for (method, status) in METHODS {
            let reply = send(&app, method.clone(), caller, user, &form()).await;
            assert_eq!(reply.status, status, "{method} by {caller}: {}", reply.text());
        }
    }
    // Each request needs the profile again.
    assert_eq!(send(&app, Method::GET, moderator, user, &form()).await.status, 404);
}

#[tokio::test]
async fn others_and_unusable_accounts_get_403() {
    let (app, user) = app_with_user().await;
    let other = accounts::active(&app, "bob@example.com").await;
    let guest = accounts::register(&app, "guest@example.com").await;
    let moderator = in_group(&app, "moderator@example.com", "moderator").await;
    assert_eq!(post(&app, user, &form()).await.status, 201);
    let mut db = app.db().await;
    sqlx::query("UPDATE users SET disabled_at = now() WHERE id = $1")
        .bind(moderator)
        .execute(&mut db)
        .await
        .unwrap();
    for (caller, owner) in
        [(other, user), (moderator, user), (guest, guest), (moderator, moderator), (99, 99), (99, user)]
    {
        for (method, _) in METHODS {
            assert_detail(&send(&app, method, caller, owner, &form()).await, 403, FORBIDDEN);
        }
    }
    sqlx::query("UPDATE users SET is_active = false WHERE id = $1")
        .bind(user)
        .execute(&mut db)
        .await
        .unwrap();
    assert_detail(&bare(&app, Method::GET, user, user).await, 403, FORBIDDEN);
}

#[tokio::test]
async fn ended_session_gets_401() {
    let (app, user) = app_with_user().await;
    let tokens = accounts::login(&app, "ann@example.com", accounts::PASSWORD).await.json();
    let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let attempt = async |method: &Method| {
        let request = app.request(method.clone(), &path(user)).header("authorization", &authorization);
        request.header("content-type", &Form::media_type()).body(form().body()).send().await
    };
    assert_eq!(attempt(&Method::POST).await.status, 201);
    let logout = json!({"refresh_token": tokens["refresh_token"]});
    assert_eq!(app.post_json("/api/v1/accounts/logout/", logout).await.status, 204);
    for (method, _) in METHODS {
        assert_detail(&attempt(&method).await, 401, "Invalid token.");
    }
    // A token without a session is older than the moment that ended all of them.
    sqlx::query("UPDATE users SET tokens_valid_from = now() + interval '1 hour'")
        .execute(&mut app.db().await)
        .await
        .unwrap();
    let reply = app.request(Method::GET, &path(user)).header("authorization", &bearer(user)).send().await;
    assert_detail(&reply, 401, "Invalid token.");
}

#[tokio::test]
async fn missing_profile_is_404() {
    let (app, user) = app_with_user().await;
    let moderator = in_group(&app, "moderator@example.com", "moderator").await;
    for (caller, owner) in [(user, user), (moderator, 99), (moderator, 0), (moderator, i64::MAX)] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            assert_detail(&send(&app, method, caller, owner, &form()).await, 404, "Profile not found.");
        }
    }
}
