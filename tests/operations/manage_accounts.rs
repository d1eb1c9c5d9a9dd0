//! The commands of `manage` for accounts: `users`, `events`, `disable`, `enable`, `end-sessions` and `delete`.

use serde_json::{Value, json};
use sqlx::{Executor, query_scalar};

use crate::support::{
    App,
    accounts::{PASSWORD, active, login, register},
};

const ANN: &str = "ann@example.com";
const BOB: &str = "bob@example.com";

async fn run(app: &App, command: &str, email: &str) -> Value {
    app.invoke("Manage", json!({ "command": command, "email": email })).await.unwrap()
}

async fn grant(app: &App, email: &str, group: &str) {
    let event = json!({ "command": "grant", "email": email, "group": group });
    app.invoke("Manage", event).await.unwrap();
}

async fn error(app: &App, event: Value) -> String {
    app.invoke("Manage", event).await.unwrap_err().error_message
}

#[tokio::test]
async fn delete_removes_sessions_and_mail_and_clients_of_events() {
    let app = App::start().await;
    let id = active(&app, ANN).await;
    active(&app, BOB).await;
    for email in [ANN, BOB] {
        let body = json!({ "email": email, "password": PASSWORD }).to_string();
        let login = app.request(crate::support::Method::POST, "/api/v1/accounts/login/").body(body);
        assert_eq!(login.header("user-agent", "curl/8.5.0").send().await.status, 201);
    }
    assert_eq!(run(&app, "delete", "Ann@Example.com").await, json!({"command": "delete", "user_id": id}));
    assert_eq!(login(&app, ANN, PASSWORD).await.status, 401);
    assert_eq!(login(&app, BOB, PASSWORD).await.status, 201);
    let mut db = app.db().await;
    let left = "SELECT (SELECT count(*) FROM refresh_tokens WHERE user_id = $1)
        + (SELECT count(*) FROM mail_outbox WHERE user_id = $1)";
    assert_eq!(query_scalar::<_, i64>(left).bind(id).fetch_one(&mut db).await.unwrap(), 0);
    let actions =
        "SELECT string_agg(action || coalesce(client, ''), ' ' ORDER BY id) FROM events WHERE user_id = $1";
    let actions: String = query_scalar(actions).bind(id).fetch_one(&mut db).await.unwrap();
    assert_eq!(actions, "account_registered account_activated login account_deleted");
    let kept = "SELECT count(*) FROM events WHERE client = 'curl/8.5.0'";
    assert_eq!(query_scalar::<_, i64>(kept).fetch_one(&mut db).await.unwrap(), 1);

    let events: i64 = query_scalar("SELECT count(*) FROM events").fetch_one(&mut db).await.unwrap();
    assert_eq!(run(&app, "delete", ANN).await["user_id"], Value::Null);
    assert_eq!(
        query_scalar::<_, i64>("SELECT count(*) FROM events").fetch_one(&mut db).await.unwrap(),
        events
    );
}

#[tokio::test]
async fn last_admin_is_not_demoted_disabled_or_deleted() {
    let app = App::start().await;
    active(&app, ANN).await;
    // Neither of them counts: the one is not active, the other disabled.
    register(&app, BOB).await;
    active(&app, "carol@example.com").await;
    for email in [ANN, BOB, "carol@example.com"] {
        grant(&app, email, "admin").await;
    }
    run(&app, "disable", "carol@example.com").await;
    let kept = "The last admin cannot be demoted or disabled.";
    let demote = json!({ "command": "grant", "email": ANN, "group": "moderator" });
    assert_eq!(error(&app, demote.clone()).await, kept);
    assert_eq!(error(&app, json!({ "command": "disable", "email": ANN })).await, kept);
    let delete = json!({ "command": "delete", "email": ANN });
    assert_eq!(error(&app, delete.clone()).await, "The last admin cannot be deleted.");
    run(&app, "enable", "carol@example.com").await;
    app.invoke("Manage", demote).await.unwrap();
    app.invoke("Manage", delete).await.unwrap();
    // An admin who cannot be used is not the last one.
    run(&app, "delete", BOB).await;
}

#[tokio::test]
async fn disable_and_enable_report_the_account() {
    let app = App::start().await;
    let id = active(&app, ANN).await;
    for (command, is_disabled, status) in
        [("disable", true, 403), ("disable", true, 403), ("enable", false, 201)]
    {
        let expected =
            json!({ "command": command, "user_id": id, "group": "user", "is_disabled": is_disabled });
        assert_eq!(run(&app, command, ANN).await, expected);
        assert_eq!(login(&app, ANN, PASSWORD).await.status, status);
    }
    let missing = json!({ "command": "disable", "email": "nobody@example.com" });
    assert_eq!(error(&app, missing).await, "No account has this address.");
}

#[tokio::test]
async fn end_sessions_ends_all_of_an_account() {
    let app = App::start().await;
    let id = active(&app, ANN).await;
    active(&app, BOB).await;
    login(&app, ANN, PASSWORD).await;
    let expire = "UPDATE refresh_tokens SET expires_at = now() - interval '1 second'";
    app.db().await.execute(expire).await.unwrap();
    let tokens = [login(&app, ANN, PASSWORD).await.json(), login(&app, ANN, PASSWORD).await.json()];
    let other = login(&app, BOB, PASSWORD).await.json();
    let expected = |sessions: u64| json!({ "command": "end-sessions", "user_id": id, "sessions": sessions });
    assert_eq!(run(&app, "end_sessions", ANN).await, expected(2));
    assert_eq!(run(&app, "end-sessions", ANN).await, expected(0));
    for (tokens, status) in [(&tokens[0], 401), (&tokens[1], 401), (&other, 200)] {
        let body = json!({ "refresh_token": tokens["refresh_token"] });
        assert_eq!(app.post_json("/api/v1/accounts/refresh/", body).await.status, status);
    }
    let missing = json!({ "command": "end-sessions", "email": "nobody@example.com" });
    assert_eq!(error(&app, missing).await, "No account has this address.");
}

#[tokio::test]
async fn users_and_events_are_listed_by_page() {
    let app = App::start().await;
    let (ann, bob) = (active(&app, ANN).await, register(&app, BOB).await);
    let users = async |filters: Value| {
        let mut event = filters;
        event["command"] = "users".into();
        let answer = app.invoke("Manage", event).await.unwrap();
        let ids = answer["users"].as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap());
        (Vec::from_iter(ids), answer["pages"].clone(), answer["total"].clone())
    };
    assert_eq!(users(json!({})).await, (vec![bob, ann], json!(1), json!(2)));
    assert_eq!(users(json!({"page": 2, "per_page": 1})).await, (vec![ann], json!(2), json!(2)));
    assert_eq!(users(json!({"q": "ANN@", "group": "user", "state": "active"})).await.0, [ann]);
    let events = json!({ "command": "events", "user_id": bob });
    let answer = app.invoke("Manage", events).await.unwrap();
    assert_eq!(answer["events"][0]["action"], "account_registered");
    assert_eq!((&answer["pages"], &answer["total"]), (&json!(1), &json!(1)));

    for (event, sentence) in [
        (json!({"command": "users", "q": "nobody@example.com"}), "No users found."),
        (json!({"command": "events", "user_id": 99}), "No events found."),
        (
            json!({"command": "users", "state": "nobody@example.com"}),
            "\"state\" is invalid: Input should be 'active', 'inactive' or 'disabled'.",
        ),
        (
            json!({"command": "events", "per_page": 21}),
            "\"per_page\" is invalid: Input should be less than or equal to 20.",
        ),
        (
            json!({"command": "events", "q": "x"}),
            "Unknown argument \"q\": \"events\" takes \"user_id\", \"page\" and \"per_page\".",
        ),
    ] {
        assert_eq!(error(&app, event).await, sentence);
    }
    let logs = app.logs("Manage");
    assert!(!logs.contains("nobody") && !logs.contains(ANN), "{logs}");
}
