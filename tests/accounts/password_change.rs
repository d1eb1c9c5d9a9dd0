//! `POST accounts/password-change/`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{Executor, query, query_scalar};

use super::{
    common_passwords::broken,
    rate_limit::{assert_too_many, limited},
    signed_in::SignedIn,
};
use crate::{
    mail,
    support::{
        App, Reply,
        accounts::{PASSWORD, active, login, mailed_token},
        app::ACCESS_KEY,
        jwt,
        locks::statements_wait,
    },
};

const EMAIL: &str = "ann-smith@example.com";
const NEW: &str = "AnotherPassword456#";

async fn ann() -> App {
    let app = App::start().await;
    active(&app, EMAIL).await;
    app
}

async fn change(app: &App, signed_in: &SignedIn, old: &str, new: &str) -> Reply {
    let body = json!({ "old_password": old, "new_password": new });
    signed_in.post(app, "password-change/", body).await
}

async fn notices(app: &App) -> i64 {
    let count = "SELECT count(*) FROM mail_outbox WHERE kind = 'password_changed'";
    query_scalar(count).fetch_one(&mut app.db().await).await.unwrap()
}

fn wrong() -> Value {
    json!({ "detail": "Invalid password." })
}

#[tokio::test]
async fn changed_password_ends_the_other_sessions() {
    let app = ann().await;
    let (first, second) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, EMAIL).await);
    let reply = change(&app, &second, PASSWORD, NEW).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.json(), json!({ "message": "Password changed successfully." }));
    assert_eq!(first.statuses(&app).await, (401, 401));
    assert_eq!(second.statuses(&app).await, (200, 200));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 401);
    assert_eq!(login(&app, EMAIL, NEW).await.status, 201);
    assert_eq!(notices(&app).await, 1);

    // A token without a session keeps none, and ends itself.
    let claims = json!({ "user_id": 1, "exp": jwt::in_seconds(60), "iat": jwt::in_seconds(-10) });
    let authorization = format!("Bearer {}", jwt::sign(&claims, ACCESS_KEY));
    let plain = SignedIn { authorization, refresh_token: Value::Null };
    query("UPDATE users SET tokens_valid_from = NULL").execute(&mut app.db().await).await.unwrap();
    assert_eq!(change(&app, &plain, NEW, PASSWORD).await.status, 200);
    assert_eq!(second.statuses(&app).await, (401, 401));
    assert_eq!(change(&app, &plain, PASSWORD, NEW).await.status, 401);
}

#[tokio::test]
async fn changed_password_ends_the_token_for_a_reset() {
    let app = ann().await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    let request = json!({ "email": EMAIL });
    assert_eq!(app.post_json("/api/v1/accounts/password-reset/request/", request).await.status, 200);
    let token = mailed_token(&mut app.db().await, EMAIL).await;
    assert_eq!(change(&app, &signed_in, PASSWORD, NEW).await.status, 200);
    let body = json!({ "email": EMAIL, "token": token, "password": "YetAnotherPassword789$" });
    assert_eq!(app.post_json("/api/v1/accounts/reset-password/complete/", body).await.status, 400);
    assert_eq!(login(&app, EMAIL, NEW).await.status, 201);
}

#[tokio::test]
async fn wrong_old_password_changes_nothing() {
    let app = ann().await;
    let (first, second) = (SignedIn::to(&app, EMAIL).await, SignedIn::to(&app, EMAIL).await);
    for old in ["WrongPassword123!", "", "StrongPassword123!\0"] {
        let reply = change(&app, &second, old, NEW).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, wrong()));
    }
    assert_eq!(first.statuses(&app).await, (200, 200));
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 201);
    assert_eq!(notices(&app).await, 0);
}

#[tokio::test]
async fn token_comes_before_the_body_and_the_body_before_the_password() {
    let app = ann().await;
    let body = json!({ "old_password": "x", "new_password": "short" });
    let reply = app.post_json("/api/v1/accounts/password-change/", body.clone()).await;
    assert_eq!(reply.status, 401);
    let signed_in = SignedIn::to(&app, EMAIL).await;
    let reply = signed_in.post(&app, "password-change/", body).await;
    let rule = "Password must contain at least 8 characters.";
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (422, json!({ "detail": [broken("new_password", rule)] }))
    );
    for (new, rule) in [
        ("Password1!", "Password is too common."),
        ("Ann-Smith1!", "Password must not be your email address."),
    ] {
        let reply = change(&app, &signed_in, "WrongPassword123!", new).await;
        let expected = json!({ "detail": [broken("new_password", rule)] });
        assert_eq!((reply.status.as_u16(), reply.json()), (422, expected), "{new}");
    }
    query("UPDATE users SET is_active = false").execute(&mut app.db().await).await.unwrap();
    assert_eq!(change(&app, &signed_in, PASSWORD, "short").await.status, 403);
}

#[tokio::test]
async fn wrong_old_passwords_are_limited_and_correct_ones_are_not() {
    let app = limited().env("LOGIN_LIMIT", "2").start().await;
    active(&app, EMAIL).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    assert_eq!(change(&app, &signed_in, PASSWORD, NEW).await.status, 200);
    for new in ["short", "Ann-Smith1!", "Password1!", "Ann-Smith1!"] {
        assert_eq!(change(&app, &signed_in, "WrongPassword123!", new).await.status, 422);
    }
    for _ in 0..2 {
        assert_eq!(change(&app, &signed_in, "WrongPassword123!", PASSWORD).await.status, 400);
    }
    assert_too_many(&change(&app, &signed_in, NEW, PASSWORD).await);
    // Validation errors come first.
    for new in ["short", "Ann-Smith1!"] {
        assert_eq!(change(&app, &signed_in, NEW, new).await.status, 422);
    }
    // A login is limited by itself, and so is another client.
    assert_eq!(login(&app, EMAIL, NEW).await.status, 201);
    let body = json!({ "old_password": NEW, "new_password": PASSWORD });
    assert_eq!(signed_in.post_from(&app, "192.0.2.99", "password-change/", body).await.status, 200);
}

#[tokio::test]
async fn of_two_changes_at_once_one_succeeds() {
    let app = ann().await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    let passwords: Vec<_> = (0..4).map(|number| format!("AnotherPassword{number}56#")).collect();
    let changes = passwords.iter().map(|new| change(&app, &signed_in, PASSWORD, new));
    let replies = join_all(changes).await;
    let won: Vec<_> = (0..4).filter(|number| replies[*number].status == 200).collect();
    assert_eq!(won.len(), 1);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.json() == wrong()));
    assert_eq!(login(&app, EMAIL, &passwords[won[0]]).await.status, 201);
    assert_eq!(notices(&app).await, 1);
}

#[tokio::test]
async fn no_login_with_the_old_password_outlives_a_change() {
    let app = ann().await;
    let mut password = PASSWORD.to_owned();
    let signed_in = SignedIn::to(&app, EMAIL).await;
    for round in 0..4 {
        let new = format!("AnotherPassword{round}56#");
        let logins = join_all((0..3).map(|_| login(&app, EMAIL, &password)));
        let (changed, logins) = futures_util::join!(change(&app, &signed_in, &password, &new), logins);
        assert_eq!(changed.status, 200);
        assert!(logins.iter().all(|reply| reply.status == 201 || reply.status == 401));
        let sessions = query_scalar("SELECT count(*) FROM refresh_tokens");
        let sessions: i64 = sessions.fetch_one(&mut app.db().await).await.unwrap();
        assert_eq!(sessions, 1);
        password = new;
    }
}

#[tokio::test]
async fn of_a_change_and_a_reset_at_once_one_succeeds_whole() {
    for _ in 0..3 {
        let app = ann().await;
        let signed_in = SignedIn::to(&app, EMAIL).await;
        app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
        let token = mailed_token(&mut app.db().await, EMAIL).await;
        let body = json!({ "email": EMAIL, "token": token, "password": "ResetPassword789#" });
        let reset = app.post_json("/api/v1/accounts/reset-password/complete/", body);
        let (changed, reset) = futures_util::join!(change(&app, &signed_in, PASSWORD, NEW), reset);
        // A change ends the token, and a reset ends the session and replaces the old password.
        let (holds, lost, session) = match (changed.status.as_u16(), reset.status.as_u16()) {
            (200, 400) => (NEW, "ResetPassword789#", (200, 200)),
            (400 | 401, 200) => ("ResetPassword789#", NEW, (401, 401)),
            statuses => panic!("change and reset: {statuses:?}"),
        };
        assert_eq!(signed_in.statuses(&app).await, session);
        assert_eq!(login(&app, EMAIL, lost).await.status, 401);
        assert_eq!(login(&app, EMAIL, holds).await.status, 201);
        assert_eq!(notices(&app).await, 1);
    }
}

#[tokio::test]
async fn change_and_login_that_replaces_the_hash_both_succeed() {
    // argon2-cffi: PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash("StrongPassword123!")
    let weak =
        "$argon2id$v=19$m=1024,t=1,p=1$O1EM5kTlxfud7prJO3cxkQ$boT8+BfAt/XnstkQ4JcAb9ESsaojyVDSyRCw5vx6+Dw";
    let app = ann().await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    let weaken = query("UPDATE users SET hashed_password = $1").bind(weak);
    weaken.execute(&mut app.db().await).await.unwrap();
    let mut db = app.db().await;
    db.execute("BEGIN; SELECT FROM users FOR NO KEY UPDATE").await.unwrap();
    let one_after_the_other = async {
        statements_wait(&app, 1).await;
        let release = async {
            statements_wait(&app, 2).await;
            db.execute("COMMIT").await.unwrap();
        };
        futures_util::join!(change(&app, &signed_in, PASSWORD, NEW), release).0
    };
    let (opened, changed) = futures_util::join!(login(&app, EMAIL, PASSWORD), one_after_the_other);
    assert_eq!(opened.status, 201, "{}", opened.text());
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(login(&app, EMAIL, NEW).await.status, 201);
}

#[tokio::test]
async fn notice_goes_to_the_address_of_the_change() {
    let folder = tempfile::tempdir().unwrap();
    let app = mail::app(&format!("file:{}", folder.path().display())).start().await;
    active(&app, EMAIL).await;
    let mut db = app.db().await;
    db.execute("DELETE FROM mail_outbox").await.unwrap();
    let signed_in = SignedIn::to(&app, EMAIL).await;
    assert_eq!(change(&app, &signed_in, PASSWORD, NEW).await.status, 200);
    db.execute("UPDATE users SET email = 'thief@example.com'").await.unwrap();
    assert_eq!(mail::send(&app).await["sent"], 1);
    let file = folder.path().read_dir().unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(file).unwrap();
    assert!(text.contains(EMAIL) && !text.contains("thief@example.com"), "{text}");
}
