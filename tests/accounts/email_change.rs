//! `POST accounts/email-change/request/` and `POST accounts/email-change/complete/`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{query, query_scalar};

use super::{
    rate_limit::{assert_too_many, limited},
    signed_in::SignedIn,
};
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, login, register},
};

const OLD: &str = "ann@example.com";
const NEW: &str = "ann.smith@example.com";

async fn ann() -> (App, SignedIn) {
    let app = App::start().await;
    active(&app, OLD).await;
    let signed_in = SignedIn::to(&app, OLD).await;
    (app, signed_in)
}

async fn request(app: &App, signed_in: &SignedIn, email: &str) -> Reply {
    let body = json!({ "email": email, "password": PASSWORD });
    signed_in.post(app, "email-change/request/", body).await
}

async fn complete(app: &App, token: &str) -> Reply {
    app.post_json("/api/v1/accounts/email-change/complete/", json!({ "token": token })).await
}

/// Whether the answer to a request is what it is for every address.
#[track_caller]
fn assert_requested(reply: &Reply) {
    let message = "If the address can be used, you will receive an email with instructions.";
    assert_eq!((reply.status.as_u16(), reply.json()), (200, json!({ "message": message })));
}

#[track_caller]
fn assert_refused(reply: &Reply) {
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (400, json!({ "detail": "Invalid or expired token." }))
    );
}

/// The kinds and recipients of the mails about addresses, with the token of each.
async fn mails(app: &App) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as(
        "SELECT kind::text, recipient, token FROM mail_outbox WHERE recipient IS NOT NULL ORDER BY kind DESC, id",
    )
    .fetch_all(&mut app.db().await)
    .await
    .unwrap()
}

/// The token of the newest mail to a new address.
async fn token(app: &App) -> String {
    let newest = "SELECT token FROM mail_outbox WHERE kind = 'email_change' ORDER BY id DESC LIMIT 1";
    query_scalar(newest).fetch_one(&mut app.db().await).await.unwrap()
}

#[tokio::test]
async fn new_address_gets_the_token_and_the_old_one_a_notice() {
    let (app, signed_in) = ann().await;
    assert_requested(&request(&app, &signed_in, " Ann.Smith@Example.com ").await);
    let mails = mails(&app).await;
    let to: Vec<_> = mails.iter().map(|(kind, email, token)| (&**kind, &**email, token.is_some())).collect();
    assert_eq!(to, [("email_change_requested", OLD, false), ("email_change", NEW, true)]);
    assert_eq!(login(&app, OLD, PASSWORD).await.status, 201);

    let other = SignedIn::to(&app, OLD).await;
    let reply = complete(&app, &format!(" {}\n", token(&app).await)).await;
    assert_eq!(
        (reply.status.as_u16(), reply.json()),
        (200, json!({ "message": "Email address changed successfully." }))
    );
    assert_eq!(login(&app, OLD, PASSWORD).await.status, 401);
    assert_eq!(login(&app, NEW, PASSWORD).await.status, 201);
    assert_eq!(signed_in.statuses(&app).await, (200, 200));
    assert_eq!(other.statuses(&app).await, (401, 401));
    let me = signed_in.send(&app, Method::GET, "/api/v1/accounts/me/").await;
    assert_eq!(me.json()["email"], NEW);
    assert_refused(&complete(&app, &token(&app).await).await);
    // The old address is free.
    register(&app, OLD).await;
}

#[tokio::test]
async fn taken_address_is_answered_alike_and_gets_no_mail() {
    let (app, signed_in) = ann().await;
    active(&app, "bob@example.com").await;
    for taken in ["bob@example.com", OLD] {
        assert_requested(&request(&app, &signed_in, taken).await);
    }
    let mails = mails(&app).await;
    assert!(
        mails.iter().all(|(kind, email, _)| kind == "email_change_requested" && email == OLD),
        "{mails:?}"
    );
}

#[tokio::test]
async fn export_does_not_tell_whether_the_address_is_taken() {
    let (app, signed_in) = ann().await;
    active(&app, "bob@example.com").await;
    let mut mails = Vec::new();
    for email in [NEW, "bob@example.com"] {
        assert_requested(&request(&app, &signed_in, email).await);
        let export = signed_in.send(&app, Method::GET, "/api/v1/accounts/me/export/").await.json();
        assert_eq!(export["mailed_tokens"][0]["email"], email);
        mails.push(export["mails"].as_array().unwrap().len());
    }
    // The activation, and a notice of each request.
    assert_eq!(mails, [2, 3]);
}

#[tokio::test]
async fn address_taken_in_the_meantime_stays_with_its_account() {
    let (app, signed_in) = ann().await;
    let other = SignedIn::to(&app, OLD).await;
    request(&app, &signed_in, NEW).await;
    register(&app, NEW).await;
    let token = token(&app).await;
    for _ in 0..2 {
        assert_refused(&complete(&app, &token).await);
    }
    assert_eq!(other.statuses(&app).await, (200, 200));
    assert_eq!(login(&app, OLD, PASSWORD).await.status, 201);
    // The refused changes were none, so the token is good as long as it was.
    sqlx::query("DELETE FROM users WHERE email = $1").bind(NEW).execute(&mut app.db().await).await.unwrap();
    assert_eq!(complete(&app, &token).await.status, 200);
    assert_eq!(login(&app, NEW, PASSWORD).await.status, 201);
}

#[tokio::test]
async fn of_two_accounts_one_gets_the_address() {
    let (app, ann) = ann().await;
    active(&app, "bob@example.com").await;
    let bob = SignedIn::to(&app, "bob@example.com").await;
    request(&app, &ann, NEW).await;
    let first = token(&app).await;
    request(&app, &bob, NEW).await;
    let second = token(&app).await;
    let registered =
        app.post_json("/api/v1/accounts/register/", json!({ "email": NEW, "password": PASSWORD }));
    let (one, other, registered) =
        futures_util::join!(complete(&app, &first), complete(&app, &second), registered);
    let statuses = [one.status.as_u16(), other.status.as_u16(), registered.status.as_u16()];
    let won = statuses.iter().filter(|status| [200, 201].contains(*status)).count();
    assert_eq!(won, 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 201, 400, 409].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn wrong_password_requests_nothing_and_is_limited() {
    let app = limited().env("LOGIN_LIMIT", "2").env("MAIL_LIMIT_PER_HOUR", "100").start().await;
    active(&app, OLD).await;
    let signed_in = SignedIn::to(&app, OLD).await;
    let body = json!({ "email": NEW, "password": "WrongPassword123!" });
    for _ in 0..2 {
        let reply = signed_in.post(&app, "email-change/request/", body.clone()).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, json!({ "detail": "Invalid password." })));
    }
    assert_too_many(&request(&app, &signed_in, NEW).await);
    assert!(mails(&app).await.is_empty());
}

#[tokio::test]
async fn requests_are_limited_and_mails_to_one_address_capped() {
    let app = limited().env("MAIL_LIMIT", "3").env("MAIL_LIMIT_PER_HOUR", "2").start().await;
    active(&app, OLD).await;
    let signed_in = SignedIn::to(&app, OLD).await;
    for _ in 0..3 {
        assert_requested(&request(&app, &signed_in, NEW).await);
    }
    assert_eq!(mails(&app).await.iter().filter(|(kind, ..)| kind == "email_change").count(), 2);
    assert_eq!(complete(&app, &token(&app).await).await.status, 200);
    assert_too_many(&request(&app, &signed_in, NEW).await);
}

#[tokio::test]
async fn token_ends_with_a_newer_request_a_new_password_and_its_hour() {
    let (app, signed_in) = ann().await;
    let requested = async || {
        assert_requested(&request(&app, &signed_in, NEW).await);
        token(&app).await
    };
    let mut db = app.db().await;
    let first = requested().await;
    let minutes: f64 =
        query_scalar("SELECT extract(epoch FROM expires_at - now())::float8 / 60 FROM email_change_tokens")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert!((59.0..=60.0).contains(&minutes), "{minutes}");
    requested().await;
    assert_refused(&complete(&app, &first).await);

    let expired = requested().await;
    query("UPDATE email_change_tokens SET expires_at = now()").execute(&mut db).await.unwrap();
    assert_refused(&complete(&app, &expired).await);

    let disabled = requested().await;
    query("UPDATE users SET disabled_at = now()").execute(&mut db).await.unwrap();
    assert_refused(&complete(&app, &disabled).await);
    query("UPDATE users SET disabled_at = NULL").execute(&mut db).await.unwrap();

    let changed = requested().await;
    let body = json!({ "old_password": PASSWORD, "new_password": "AnotherPassword456#" });
    assert_eq!(signed_in.post(&app, "password-change/", body).await.status, 200);
    assert_refused(&complete(&app, &changed).await);
    for nonsense in ["", "x", "with\0NUL"] {
        assert_refused(&complete(&app, nonsense).await);
    }
}

#[tokio::test]
async fn tokens_for_a_new_password_end_with_the_old_address() {
    let (app, signed_in) = ann().await;
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": OLD })).await;
    let reset = crate::support::accounts::mailed_token(&mut app.db().await, OLD).await;
    request(&app, &signed_in, NEW).await;
    assert_eq!(complete(&app, &token(&app).await).await.status, 200);
    for email in [OLD, NEW] {
        let body = json!({ "email": email, "token": reset, "password": "AnotherPassword456#" });
        assert_eq!(app.post_json("/api/v1/accounts/reset-password/complete/", body).await.status, 400);
    }
}

#[tokio::test]
async fn of_many_with_one_token_at_once_one_succeeds() {
    let (app, signed_in) = ann().await;
    request(&app, &signed_in, NEW).await;
    let token = token(&app).await;
    let replies = join_all((0..5).map(|_| complete(&app, &token))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    replies.iter().filter(|reply| reply.status != 200).for_each(assert_refused);
}

#[tokio::test]
async fn change_of_address_beside_reset_requests_never_fails() {
    let (app, signed_in) = ann().await;
    for round in 0..4 {
        let (old, new) = (format!("ann{round}@example.com"), format!("ann{}@example.com", round + 1));
        if round == 0 {
            request(&app, &signed_in, &old).await;
            assert_eq!(complete(&app, &token(&app).await).await.status, 200);
        }
        assert_requested(&request(&app, &signed_in, &new).await);
        let token = token(&app).await;
        let resets = (0..4)
            .map(|_| app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": old })));
        let (changed, resets) = futures_util::join!(complete(&app, &token), join_all(resets));
        assert_eq!(changed.status, 200, "{}", changed.text());
        assert!(resets.iter().all(|reply| reply.status == 200));
    }
}

#[tokio::test]
async fn mails_about_addresses_reach_both() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::builder()
        .env("MAIL_URL", &format!("file:{}", folder.path().display()))
        .env("MAIL_FROM", "Movie Theater <no-reply@movies.example>")
        .env("PUBLIC_URL", "https://movies.example")
        .start()
        .await;
    active(&app, OLD).await;
    let signed_in = SignedIn::to(&app, OLD).await;
    request(&app, &signed_in, NEW).await;
    let token = token(&app).await;
    app.invoke("SendMail", json!({})).await.unwrap();
    let sent: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .filter(|mail| !mail.contains("Subject: Activate"))
        .collect();
    assert_eq!(sent.len(), 2);
    let to = |address: &str| sent.iter().find(|mail| mail.contains(&format!("To: {address}"))).unwrap();
    assert!(to(NEW).contains("Subject: Confirm your new Movie Theater address"));
    let link = format!("https://movies.example/account/#email=ann.smith%40example.com&token={token}");
    assert!(to(NEW).replace("=\r\n", "").replace("=\n", "").contains(&link));
    assert!(to(OLD).contains("Subject: Another address for your Movie Theater account"));
    assert!(!to(OLD).replace("=\r\n", "").replace("=\n", "").contains(&token));
    let left: Vec<Value> = query_scalar(
        "SELECT to_jsonb(mail_outbox) FROM mail_outbox WHERE recipient IS NOT NULL OR token IS NOT NULL",
    )
    .fetch_all(&mut app.db().await)
    .await
    .unwrap();
    assert!(left.is_empty(), "{left:?}");
}
