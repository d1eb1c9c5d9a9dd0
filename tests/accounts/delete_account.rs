//! `DELETE accounts/me/`.

use futures_util::{future::join_all, join};
use serde_json::{Value, json};
use sqlx::{query, query_as, query_scalar};

use super::{
    rate_limit::{assert_too_many, limited},
    signed_in::SignedIn,
};
use crate::{
    mail,
    support::{
        App, Method, Reply,
        accounts::{PASSWORD, active, login, mailed_token, register},
        app::ACCESS_KEY,
        jwt,
    },
};

const ME: &str = "/api/v1/accounts/me/";
const EMAIL: &str = "ann@example.com";

async fn ann() -> (App, SignedIn) {
    let app = App::start().await;
    active(&app, EMAIL).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    (app, signed_in)
}

async fn delete_from(app: &App, client: &str, signed_in: &SignedIn, body: Value) -> Reply {
    let request = app.request(Method::DELETE, ME).source_ip(client);
    let request = request.header("authorization", &signed_in.authorization);
    request.header("content-type", "application/json").body(body.to_string()).send().await
}

async fn delete(app: &App, signed_in: &SignedIn, password: &str) -> Reply {
    delete_from(app, "192.0.2.1", signed_in, json!({ "password": password })).await
}

async fn users(app: &App) -> i64 {
    query_scalar("SELECT count(*) FROM users").fetch_one(&mut app.db().await).await.unwrap()
}

fn detail(sentence: &str) -> Value {
    json!({ "detail": sentence })
}

#[tokio::test]
async fn deleted_account_is_gone_with_all_its_tokens() {
    let (app, signed_in) = ann().await;
    let mut db = app.db().await;
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
    let reset = mailed_token(&mut db, EMAIL).await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    assert_eq!(signed_in.post(&app, "email-change/request/", body).await.status, 200);
    let change = mailed_token(&mut db, EMAIL).await;
    let old = jwt::sign(&json!({ "user_id": 1, "exp": jwt::in_seconds(60) }), ACCESS_KEY);
    let old = SignedIn { authorization: format!("Bearer {old}"), refresh_token: Value::Null };

    let reply = delete(&app, &signed_in, PASSWORD).await;
    assert_eq!((reply.status.as_u16(), reply.text()), (204, String::new()));
    assert_eq!(users(&app).await, 0);

    for signed_in in [&signed_in, &old] {
        for (method, path) in [
            (Method::GET, ME),
            (Method::GET, "/api/v1/accounts/me/export/"),
            (Method::GET, "/api/v1/accounts/sessions/"),
            (Method::DELETE, "/api/v1/accounts/sessions/"),
            (Method::DELETE, "/api/v1/accounts/sessions/1/"),
            (Method::DELETE, "/api/v1/theater/movies/1/"),
        ] {
            let reply = signed_in.send(&app, method, path).await;
            assert_eq!((reply.status.as_u16(), reply.json()), (401, detail("Invalid token.")), "{path}");
        }
        assert_eq!(delete(&app, signed_in, PASSWORD).await.status, 401);
    }
    let refresh = json!({ "refresh_token": signed_in.refresh_token });
    let reply = app.post_json("/api/v1/accounts/refresh/", refresh).await;
    assert_eq!((reply.status.as_u16(), reply.json()), (401, detail("Refresh token not found.")));
    let body = json!({ "email": EMAIL, "token": reset, "password": "AnotherPassword456#" });
    assert_eq!(app.post_json("/api/v1/accounts/reset-password/complete/", body).await.status, 400);
    let body = json!({ "token": change });
    assert_eq!(app.post_json("/api/v1/accounts/email-change/complete/", body).await.status, 400);
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 401);
}

#[tokio::test]
async fn address_of_a_deleted_account_can_register_again() {
    let (app, signed_in) = ann().await;
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    let id = active(&app, EMAIL).await;
    assert_eq!(id, 2, "ids are not used twice");
    assert_eq!(login(&app, EMAIL, PASSWORD).await.status, 201);
    assert_eq!(signed_in.statuses(&app).await, (401, 401));
}

#[tokio::test]
async fn notice_arrives_and_other_mail_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let app = mail::app(&format!("file:{}", folder.path().display())).start().await;
    active(&app, EMAIL).await;
    mail::send(&app).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
    let files = || std::fs::read_dir(folder.path()).unwrap().map(|file| file.unwrap().path());
    files().for_each(|file| std::fs::remove_file(file).unwrap());
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    assert_eq!(mail::send(&app).await["sent"], 1);

    let mails: Vec<_> = files().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let [mail] = &mails[..] else { panic!("{mails:?}") };
    assert!(mail.contains("\r\nTo: ann@example.com\r\n"), "{mail}");
    assert!(mail.contains("Subject: Your Movie Theater account was deleted"), "{mail}");
    assert!(!mail.contains("token") && !mail.contains("http"), "{mail}");
    let rows: Vec<(String, Option<i64>, Option<String>)> =
        query_as("SELECT kind::text, user_id, recipient FROM mail_outbox")
            .fetch_all(&mut app.db().await)
            .await
            .unwrap();
    assert_eq!(rows, [("account_deleted".into(), None, None)]);
}

#[tokio::test]
async fn notice_that_is_given_up_keeps_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let app = mail::app(&format!("file:{}", folder.path().display())).start().await;
    active(&app, EMAIL).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    let mut db = app.db().await;
    query(
        "INSERT INTO mail_suppressions (email_hash, reason) SELECT sha256(convert_to($1, 'UTF8')), 'bounce'",
    )
    .bind(EMAIL)
    .execute(&mut db)
    .await
    .unwrap();
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    assert_eq!(mail::send(&app).await["given_up"], 1);
    let left: Option<String> =
        query_scalar("SELECT recipient FROM mail_outbox").fetch_one(&mut db).await.unwrap();
    assert_eq!(left, None);
}

#[tokio::test]
async fn wrong_password_deletes_nothing() {
    let (app, signed_in) = ann().await;
    for password in ["WrongPassword123!", "", "StrongPassword123!\0"] {
        let reply = delete(&app, &signed_in, password).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (400, detail("Invalid password.")), "{password:?}");
    }
    assert_eq!(signed_in.statuses(&app).await, (200, 200));
    let notices = "SELECT count(*) FROM mail_outbox WHERE kind = 'account_deleted'";
    let notices: i64 = query_scalar(notices).fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(notices, 0);
}

#[tokio::test]
async fn token_comes_before_the_body_and_the_body_before_the_password() {
    let (app, signed_in) = ann().await;
    let signed_out = SignedIn { authorization: String::new(), refresh_token: Value::Null };
    let reply = delete(&app, &signed_out, "x").await;
    assert_eq!((reply.status.as_u16(), reply.json()), (401, detail("Authorization header is missing")));
    for (body, kind) in [(json!({}), "missing"), (json!({ "password": 1 }), "string_type")] {
        let reply = delete_from(&app, "192.0.2.1", &signed_in, body).await;
        assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["type"]), (422, &json!(kind)));
    }
    let reply = signed_in.send(&app, Method::DELETE, ME).await;
    assert_eq!((reply.status.as_u16(), &reply.json()["detail"][0]["loc"]), (422, &json!(["body"])));
    query("UPDATE users SET is_active = false").execute(&mut app.db().await).await.unwrap();
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 403);
}

#[tokio::test]
async fn wrong_passwords_for_deletion_are_limited() {
    let app = limited().env("LOGIN_LIMIT", "2").start().await;
    active(&app, EMAIL).await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    assert_eq!(delete_from(&app, "192.0.2.1", &signed_in, json!({})).await.status, 422);
    for _ in 0..2 {
        assert_eq!(delete(&app, &signed_in, "WrongPassword123!").await.status, 400);
    }
    assert_too_many(&delete(&app, &signed_in, PASSWORD).await);
    assert_eq!(delete_from(&app, "192.0.2.1", &signed_in, json!({})).await.status, 422);
    assert_eq!(users(&app).await, 1);
    let body = json!({ "password": PASSWORD });
    assert_eq!(delete_from(&app, "192.0.2.99", &signed_in, body).await.status, 204);
}

#[tokio::test]
async fn last_admin_stays_and_may_try_again() {
    let app = limited().env("LOGIN_LIMIT", "1").start().await;
    let mut db = app.db().await;
    for email in [EMAIL, "bob@example.com"] {
        active(&app, email).await;
    }
    query("UPDATE users SET group_id = (SELECT id FROM user_groups WHERE name = 'admin') WHERE id = 1")
        .execute(&mut db)
        .await
        .unwrap();
    let signed_in = SignedIn::to(&app, EMAIL).await;
    assert_eq!(delete(&app, &signed_in, "WrongPassword123!").await.status, 400);
    query("DELETE FROM attempt_buckets").execute(&mut db).await.unwrap();
    for _ in 0..3 {
        let reply = delete(&app, &signed_in, PASSWORD).await;
        let expected = detail("The last admin cannot be deleted.");
        assert_eq!((reply.status.as_u16(), reply.json()), (409, expected));
    }
    assert_eq!(signed_in.statuses(&app).await, (200, 200));
    query("UPDATE users SET group_id = (SELECT id FROM user_groups WHERE name = 'admin')")
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
}

#[tokio::test]
async fn of_two_last_admins_at_once_one_stays() {
    let app = App::start().await;
    for round in 0..3 {
        let emails = [format!("ann{round}@example.com"), format!("bob{round}@example.com")];
        for email in &emails {
            active(&app, email).await;
        }
        query("UPDATE users SET group_id = (SELECT id FROM user_groups WHERE name = 'admin')")
            .execute(&mut app.db().await)
            .await
            .unwrap();
        let admins = join_all(emails.iter().map(|email| SignedIn::to(&app, email))).await;
        let mut statuses: Vec<_> = join_all(admins.iter().map(|admin| delete(&app, admin, PASSWORD)))
            .await
            .iter()
            .map(|reply| reply.status.as_u16())
            .collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [204, 409]);
        query("DELETE FROM users").execute(&mut app.db().await).await.unwrap();
    }
}

#[tokio::test]
async fn of_deletions_at_once_one_succeeds() {
    let (app, signed_in) = ann().await;
    let replies = join_all((0..4).map(|_| delete(&app, &signed_in, PASSWORD))).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 401, 401, 401]);
    let notices: i64 =
        query_scalar("SELECT count(*) FROM mail_outbox").fetch_one(&mut app.db().await).await.unwrap();
    assert_eq!(notices, 1);
}

#[tokio::test]
async fn requests_during_a_deletion_fail_cleanly() {
    let app = App::start().await;
    for round in 0..4 {
        let email = format!("ann{round}@example.com");
        active(&app, &email).await;
        let signed_in = SignedIn::to(&app, &email).await;
        let reset = async || {
            app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": email })).await
        };
        let refresh = json!({ "refresh_token": signed_in.refresh_token });
        let change = json!({ "old_password": PASSWORD, "new_password": "AnotherPassword456#" });
        let other = json!({ "email": "new@example.com", "password": PASSWORD });
        let (deleted, logins, resets, refreshed, changed, requested) = join!(
            delete(&app, &signed_in, PASSWORD),
            join_all((0..3).map(|_| login(&app, &email, PASSWORD))),
            join_all((0..3).map(|_| reset())),
            app.post_json("/api/v1/accounts/refresh/", refresh),
            signed_in.post(&app, "password-change/", change),
            signed_in.post(&app, "email-change/request/", other),
        );
        // A change of password that comes first makes the deletion's password wrong.
        assert!([204, 400].contains(&deleted.status.as_u16()), "{}", deleted.text());
        assert!(logins.iter().all(|reply| [201, 401].contains(&reply.status.as_u16())));
        assert!(resets.iter().all(|reply| reply.status == 200));
        assert!([200, 401].contains(&refreshed.status.as_u16()), "{}", refreshed.text());
        assert!([200, 400, 401].contains(&changed.status.as_u16()), "{}", changed.text());
        assert!([200, 400, 401].contains(&requested.status.as_u16()), "{}", requested.text());
        if deleted.status == 204 {
            let tokens = logins.iter().filter(|reply| reply.status == 201).map(Reply::json);
            for refresh_token in tokens.map(|tokens| tokens["refresh_token"].clone()) {
                let body = json!({ "refresh_token": refresh_token });
                assert_eq!(app.post_json("/api/v1/accounts/refresh/", body).await.status, 401);
            }
        }
    }
}

#[tokio::test]
async fn deletion_while_the_password_is_changed_is_refused() {
    let (app, signed_in) = ann().await;
    let body = json!({ "old_password": PASSWORD, "new_password": "AnotherPassword456#" });
    assert_eq!(signed_in.post(&app, "password-change/", body).await.status, 200);
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 400);
    assert_eq!(delete(&app, &signed_in, "AnotherPassword456#").await.status, 204);
}

#[tokio::test]
async fn events_of_a_deleted_account_keep_ids_and_lose_clients() {
    let (app, signed_in) = ann().await;
    register(&app, "bob@example.com").await;
    let mut db = app.db().await;
    query("DELETE FROM events").execute(&mut db).await.unwrap();
    query(
        "INSERT INTO events (action, actor_id, user_id, client)
         VALUES ('login', 1, 1, 'a'), ('login_failed', NULL, 1, 'b'), ('movie_created', 1, NULL, 'c'), ('login', 2, 2, 'd')",
    )
    .execute(&mut db)
    .await
    .unwrap();
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    type Event = (String, Option<i64>, Option<i64>, Option<String>);
    let events: Vec<Event> =
        query_as("SELECT action::text, actor_id, user_id, client FROM events ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let event = |action: &str, actor, user, client: Option<&str>| {
        (action.to_owned(), actor, user, client.map(str::to_owned))
    };
    assert_eq!(
        events,
        [
            event("login", Some(1), Some(1), None),
            event("login_failed", None, Some(1), None),
            event("movie_created", Some(1), None, None),
            event("login", Some(2), Some(2), Some("d")),
            event("account_deleted", Some(1), Some(1), None),
        ]
    );
}

#[tokio::test]
async fn purge_takes_clients_from_events_during_a_deletion() {
    let (app, signed_in) = ann().await;
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    let mut db = app.db().await;
    // As a failed login stores it whose password was verified during the deletion.
    query("INSERT INTO events (action, user_id, client) VALUES ('login_failed', 1, 'a'), ('login_failed', 2, 'b')")
        .execute(&mut db)
        .await
        .unwrap();
    let counts = app.invoke("PurgeTokens", json!({})).await.unwrap();
    assert_eq!(counts["event_clients"], 1);
    let left: Vec<String> =
        query_scalar("SELECT client FROM events WHERE client IS NOT NULL").fetch_all(&mut db).await.unwrap();
    assert_eq!(left, ["b"]);
}

#[tokio::test]
async fn deletion_leaves_what_is_too_much_to_the_purge() {
    let (app, signed_in) = ann().await;
    let mut db = app.db().await;
    query("INSERT INTO events (action, actor_id, client) SELECT 'movie_created', 1, 'a' FROM generate_series(1, 12000)")
        .execute(&mut db)
        .await
        .unwrap();
    assert_eq!(delete(&app, &signed_in, PASSWORD).await.status, 204);
    let left = "SELECT count(*) FROM events WHERE client IS NOT NULL";
    let before: i64 = query_scalar(left).fetch_one(&mut db).await.unwrap();
    assert!((6000..=7100).contains(&before), "{before}");
    assert_eq!(app.invoke("PurgeTokens", json!({})).await.unwrap()["event_clients"], before);
    assert_eq!(query_scalar::<_, i64>(left).fetch_one(&mut db).await.unwrap(), 0);
}
