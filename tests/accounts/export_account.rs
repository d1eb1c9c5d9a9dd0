//! `GET accounts/me/export/`.

use serde_json::{Value, json};
use sqlx::{Executor, query, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, mailed_token},
};

const PATH: &str = "/api/v1/accounts/me/export/";
const EMAIL: &str = "ann@example.com";

async fn ann() -> (App, SignedIn) {
    let app = App::start().await;
    active(&app, EMAIL).await;
    active(&app, "bob@example.com").await;
    let signed_in = SignedIn::to(&app, EMAIL).await;
    (app, signed_in)
}

async fn export(app: &App, signed_in: &SignedIn) -> Reply {
    let reply = signed_in.send(app, Method::GET, PATH).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply
}

#[tokio::test]
async fn export_has_all_that_is_stored_of_the_account() {
    let (app, signed_in) = ann().await;
    let other = SignedIn::to(&app, "bob@example.com").await;
    let mut db = app.db().await;
    db.execute("DELETE FROM events").await.unwrap();
    db.execute(
        "INSERT INTO user_profiles (first_name, last_name, avatar, picture, gender, date_of_birth, info, user_id)
         VALUES ('ann', 'smith', 'avatars/1_avatar.jpg', repeat('v', 43), 'woman', '1990-05-17', 'Likes \"long\" films.', 1),
                ('bob', NULL, NULL, NULL, NULL, NULL, NULL, 2);
         INSERT INTO events (action, actor_id, user_id, client)
         VALUES ('login', 1, 1, 'ann''s browser'), ('group_changed', 2, 1, 'bob''s browser'),
                ('login_failed', NULL, 1, 'a browser'), ('movie_created', 1, NULL, 'ann''s browser'),
                ('login', 2, 2, 'bob''s browser')",
    )
    .await
    .unwrap();
    app.post_json("/api/v1/accounts/password-reset/request/", json!({ "email": EMAIL })).await;
    let body = json!({ "email": "new@example.com", "password": PASSWORD });
    assert_eq!(signed_in.post(&app, "email-change/request/", body).await.status, 200);

    let reply = export(&app, &signed_in).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"account.json\""));
    let export = reply.json();
    let account = &export["account"];
    assert_eq!(
        (&account["id"], &account["email"], &account["group"]),
        (&json!(1), &json!(EMAIL), &json!("user"))
    );
    assert_eq!(account["is_active"], true);
    let profile = signed_in.send(&app, Method::GET, "/api/v1/profiles/users/1/profile/").await.json();
    assert!(
        profile["avatar"]
            .as_str()
            .unwrap()
            .ends_with(&format!("/media/avatars/1_avatar.jpg?v={}", "v".repeat(43)))
    );
    assert_eq!(
        export["profile"],
        json!({
            "id": 1, "user_id": 1, "first_name": "ann", "last_name": "smith", "gender": "woman",
            "date_of_birth": "1990-05-17", "info": "Likes \"long\" films.", "avatar": profile["avatar"],
        })
    );
    let listed = signed_in.send(&app, Method::GET, "/api/v1/accounts/sessions/").await.json();
    assert_eq!(export["sessions"], listed["sessions"]);
    assert_eq!(export["known_networks"].as_array().unwrap().len(), 1);
    let tokens: Vec<_> = export["mailed_tokens"].as_array().unwrap().iter().collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(
        (&tokens[0]["purpose"], &tokens[0]["email"]),
        (&json!("email_change"), &json!("new@example.com"))
    );
    assert_eq!((&tokens[1]["purpose"], &tokens[1]["email"]), (&json!("password_reset"), &json!(null)));
    let kinds: Vec<_> = export["mails"].as_array().unwrap().iter().map(|mail| &mail["kind"]).collect();
    assert_eq!(kinds.len(), 3, "{kinds:?}");
    assert!(
        kinds.contains(&&json!("email_change_requested")) && kinds.contains(&&json!("activation")),
        "{kinds:?}"
    );
    let events: Vec<_> = export["events"].as_array().unwrap().iter().collect();
    let client = |action: &str| {
        let event = events.iter().find(|event| event["action"] == action);
        event.unwrap_or_else(|| panic!("{events:?}"))["client"].clone()
    };
    assert!(events.iter().all(|event| event["actor_id"] == 1 || event["user_id"] == 1), "{events:?}");
    assert!(events.is_sorted_by_key(|event| -event["id"].as_i64().unwrap()));
    assert_eq!(client("login"), "ann's browser");
    assert_eq!(client("movie_created"), "ann's browser");
    assert_eq!(client("login_failed"), "a browser");
    assert_eq!(client("group_changed"), Value::Null, "another user's browser is not the account's");

    let text = reply.text();
    for private in ["bob", &signed_in.refresh_token.as_str().unwrap()[..40], "argon2"] {
        assert!(!text.contains(private), "{private} is in {text}");
    }
    let hashes = "SELECT encode(token_hash, 'hex') FROM refresh_tokens UNION SELECT encode(client, 'hex') FROM known_clients
        UNION SELECT encode(token_hash, 'hex') FROM password_reset_tokens";
    for hash in query_scalar::<_, String>(hashes).fetch_all(&mut db).await.unwrap() {
        assert!(!text.contains(&hash), "{hash} is in {text}");
    }
    for email in [EMAIL] {
        assert!(!text.contains(&mailed_token(&mut db, email).await));
    }
    drop(other);
}

#[tokio::test]
async fn account_with_nothing_else_is_exported() {
    let (app, signed_in) = ann().await;
    let mut db = app.db().await;
    db.execute("DELETE FROM mail_outbox; DELETE FROM known_clients; DELETE FROM events").await.unwrap();
    let export = export(&app, &signed_in).await.json();
    assert_eq!(export["profile"], Value::Null);
    for list in ["known_networks", "mailed_tokens", "mails", "events"] {
        assert_eq!(export[list], json!([]), "{list}");
    }
}

#[tokio::test]
async fn export_requires_a_token_of_an_enabled_user() {
    let (app, signed_in) = ann().await;
    assert_eq!(app.get(PATH).await.status, 401);
    query("UPDATE users SET disabled_at = now()").execute(&mut app.db().await).await.unwrap();
    assert_eq!(signed_in.send(&app, Method::GET, PATH).await.status, 403);
}

#[tokio::test]
async fn export_has_the_newest_10000_events_below_6_mb() {
    let (app, signed_in) = ann().await;
    let mut db = app.db().await;
    query("DELETE FROM events").execute(&mut db).await.unwrap();
    let fill = "INSERT INTO events (action, actor_id, user_id, client)
        SELECT 'login', 1, 1, $1 FROM generate_series(1, 10010)";
    query(fill).bind("a browser of usual length, ".repeat(4)).execute(&mut db).await.unwrap();
    let usual = export(&app, &signed_in).await.json();
    let events = usual["events"].as_array().unwrap();
    assert_eq!(events.len(), 10_000);
    assert_eq!(
        (&events[0]["id"], &events[9_999]["id"]),
        (&json!(max_event(&app).await), &json!(max_event(&app).await - 9_999))
    );
    assert_eq!(events[0]["client"].as_str().unwrap().len(), 108);

    query("UPDATE events SET client = $1").bind("\"\\".repeat(127)).execute(&mut db).await.unwrap();
    let reply = export(&app, &signed_in).await;
    let as_event = serde_json::to_string(&reply.text()).unwrap();
    assert!(as_event.len() < 6_200_000, "{}", as_event.len());
    let events = reply.json()["events"].as_array().unwrap().clone();
    assert_eq!(events.len(), 10_000);
    assert_eq!(events[0]["client"].as_str().unwrap().len(), 80);
}

async fn max_event(app: &App) -> i64 {
    query_scalar("SELECT max(id) FROM events").fetch_one(&mut app.db().await).await.unwrap()
}
