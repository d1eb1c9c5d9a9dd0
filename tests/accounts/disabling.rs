//! Disabled accounts: what ends at once, and what does not bring them back.

use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, login, mailed_token, register},
    app::ACCESS_KEY,
    jwt,
};

const EMAIL: &str = "ann@example.com";
const MOVIE: &str = "/api/v1/theater/movies/1/";

async fn manage(app: &App, command: &str) {
    app.invoke("Manage", json!({ "command": command, "email": EMAIL })).await.unwrap();
}

async fn post(app: &App, path: &str, body: Value) -> Reply {
    app.post_json(&format!("/api/v1/accounts/{path}"), body).await
}

#[track_caller]
fn assert_detail(reply: &Reply, status: u16, detail: &str) {
    assert_eq!((reply.status.as_u16(), reply.json()), (status, json!({ "detail": detail })));
}

#[tokio::test]
async fn disabled_moderator_writes_no_movie_with_an_old_token() {
    let app = App::start().await;
    let id = active(&app, EMAIL).await;
    let grant = json!({ "command": "grant", "email": EMAIL, "group": "moderator" });
    app.invoke("Manage", grant).await.unwrap();
    let signed = SignedIn::to(&app, EMAIL).await;
    // As the original's, and as those of earlier releases.
    let claims = json!({ "user_id": id, "exp": jwt::in_seconds(60) });
    let plain = SignedIn {
        authorization: format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY)),
        refresh_token: Value::Null,
    };
    for token in [&signed, &plain] {
        assert_eq!(token.send(&app, Method::DELETE, MOVIE).await.status, 404);
    }
    manage(&app, "disable").await;
    for token in [&signed, &plain] {
        assert_detail(&token.send(&app, Method::DELETE, MOVIE).await, 401, "Invalid token.");
    }
    let later = json!({ "user_id": id, "exp": jwt::in_seconds(60), "iat": jwt::in_seconds(60) });
    let later = SignedIn {
        authorization: format!("Bearer {}", jwt::sign(&later, ACCESS_KEY)),
        refresh_token: Value::Null,
    };
    let denied = "You do not have permission to perform this action.";
    assert_detail(&later.send(&app, Method::DELETE, MOVIE).await, 403, denied);
    // What ended does not come back.
    manage(&app, "enable").await;
    assert_eq!(signed.statuses(&app).await, (401, 401));
    assert_eq!(plain.send(&app, Method::DELETE, MOVIE).await.status, 401);
    assert_eq!(SignedIn::to(&app, EMAIL).await.send(&app, Method::DELETE, MOVIE).await.status, 404);
}

#[tokio::test]
async fn disabled_account_says_so_only_to_the_right_password() {
    let app = App::start().await;
    active(&app, EMAIL).await;
    let signed = SignedIn::to(&app, EMAIL).await;
    manage(&app, "disable").await;
    assert_detail(&login(&app, EMAIL, PASSWORD).await, 403, "User account is disabled.");
    assert_detail(&login(&app, EMAIL, "WrongPassword123!").await, 401, "Invalid email or password.");
    let refresh = json!({ "refresh_token": signed.refresh_token });
    assert_detail(&post(&app, "refresh/", refresh).await, 401, "Refresh token not found.");
}

#[tokio::test]
async fn reset_does_not_bring_a_disabled_account_back() {
    let app = App::start().await;
    active(&app, EMAIL).await;
    let mut db = app.db().await;
    let request = json!({ "email": EMAIL });
    assert_eq!(post(&app, "password-reset/request/", request.clone()).await.status, 200);
    let token = mailed_token(&mut db, EMAIL).await;
    manage(&app, "disable").await;
    let reset = json!({ "email": EMAIL, "token": token, "password": "AnotherPassword456#" });
    assert_detail(
        &post(&app, "reset-password/complete/", reset.clone()).await,
        400,
        "Invalid email or token.",
    );

    // A token that a request stored while the account was being disabled.
    let insert = "INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
                  SELECT sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', id FROM users";
    query(insert).bind(&token).execute(&mut db).await.unwrap();
    assert_detail(&post(&app, "reset-password/complete/", reset).await, 400, "Invalid email or token.");
    let changed: bool =
        query_scalar("SELECT reset_password(id, sha256(convert_to($1, 'UTF8')), 'x') FROM users")
            .bind(&token)
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert!(!changed);

    let mails = "SELECT count(*) FROM mail_outbox";
    let before: i64 = query_scalar(mails).fetch_one(&mut db).await.unwrap();
    assert_eq!(post(&app, "password-reset/request/", request).await.status, 200);
    assert_eq!(query_scalar::<_, i64>(mails).fetch_one(&mut db).await.unwrap(), before);
    assert_detail(&login(&app, EMAIL, PASSWORD).await, 403, "User account is disabled.");
}

#[tokio::test]
async fn activation_does_not_bring_a_disabled_account_back() {
    let app = App::start().await;
    register(&app, EMAIL).await;
    let mut db = app.db().await;
    let token = mailed_token(&mut db, EMAIL).await;
    manage(&app, "disable").await;
    let activate = json!({ "email": EMAIL, "token": token });
    let invalid = "Invalid or expired activation token.";
    assert_detail(&post(&app, "activate/", activate.clone()).await, 400, invalid);

    // A token that a request stored while the account was being disabled.
    let insert = "INSERT INTO activation_tokens (token_hash, expires_at, user_id)
                  SELECT sha256(convert_to($1, 'UTF8')), now() + interval '1 hour', id FROM users";
    query(insert).bind(&token).execute(&mut db).await.unwrap();
    assert_detail(&post(&app, "activate/", activate).await, 400, invalid);

    let mails = "SELECT count(*) FROM mail_outbox";
    let before: i64 = query_scalar(mails).fetch_one(&mut db).await.unwrap();
    assert_eq!(post(&app, "activate/resend/", json!({ "email": EMAIL })).await.status, 200);
    assert_eq!(query_scalar::<_, i64>(mails).fetch_one(&mut db).await.unwrap(), before);
    assert_detail(&login(&app, EMAIL, PASSWORD).await, 403, "User account is disabled.");
    // Enabled again, the account is what it was: not active.
    manage(&app, "enable").await;
    assert_detail(&login(&app, EMAIL, PASSWORD).await, 403, "User account is not activated.");
    assert_eq!(post(&app, "activate/resend/", json!({ "email": EMAIL })).await.status, 200);
    let activate = json!({ "email": EMAIL, "token": mailed_token(&mut db, EMAIL).await });
    assert_eq!(post(&app, "activate/", activate).await.status, 200);
}

#[tokio::test]
async fn disabling_ends_a_change_of_address() {
    let app = App::start().await;
    active(&app, EMAIL).await;
    let signed = SignedIn::to(&app, EMAIL).await;
    let request = json!({ "email": "new@example.com", "password": PASSWORD });
    assert_eq!(signed.post(&app, "email-change/request/", request).await.status, 200);
    let mut db = app.db().await;
    let token = mailed_token(&mut db, EMAIL).await;
    for command in ["disable", "enable"] {
        manage(&app, command).await;
        let reply = post(&app, "email-change/complete/", json!({ "token": token })).await;
        assert_detail(&reply, 400, "Invalid or expired token.");
    }
}

#[tokio::test]
async fn no_session_survives_beside_logins_at_once() {
    let app = App::start().await;
    active(&app, EMAIL).await;
    for _ in 0..3 {
        let logins = futures_util::future::join_all((0..3).map(|_| login(&app, EMAIL, PASSWORD)));
        let (_, logins) = futures_util::join!(manage(&app, "disable"), logins);
        for reply in logins {
            assert!([201, 403].contains(&reply.status.as_u16()), "{}", reply.text());
        }
        let sessions: i64 =
            query_scalar("SELECT count(*) FROM refresh_tokens").fetch_one(&mut app.db().await).await.unwrap();
        assert_eq!(sessions, 0);
        manage(&app, "enable").await;
    }
}
