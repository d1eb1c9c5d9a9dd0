//! The audit trail: what leaves an event, and `GET /api/v1/accounts/events/`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::models::administration::EventAction;
use sqlx::{PgConnection, query, query_as, query_scalar};

use super::signed_in::SignedIn;
use crate::support::{
    App, Method, Reply,
    accounts::{PASSWORD, active, mailed_token},
};

const PATH: &str = "/api/v1/accounts/events/";
const EMAIL: &str = "ann@example.com";
const CHANGED: &str = "changed@example.com";
const NEW_PASSWORD: &str = "AnotherPassword456#";
const AGENT: &str = "tester/1.0";
const MOVIES: &str = "/api/v1/theater/movies/";

/// What an event says: the action, who did it, to whom, and with which client.
type Said = (String, Option<i64>, Option<i64>, Option<String>);

/// A client with a user agent, and all secrets and addresses that it has sent or got.
struct Client {
    app: App,
    db: PgConnection,
    authorization: String,
    private: BTreeSet<String>,
    /// The id of the last event that was looked at.
    seen: i64,
    actions: BTreeSet<String>,
}

impl Client {
    async fn start(variable: &str, value: &str) -> Self {
        let app = App::builder().env(variable, value).start().await;
        let db = app.db().await;
        let private = BTreeSet::from([EMAIL, CHANGED, PASSWORD, NEW_PASSWORD].map(str::to_owned));
        Self { app, db, authorization: String::new(), private, seen: 0, actions: BTreeSet::new() }
    }

    /// Sends a request, and collects the tokens of the response.
    async fn send(&mut self, method: Method, path: &str, body: Value) -> Reply {
        let mut request = self.app.request(method, path).header("user-agent", AGENT);
        if !self.authorization.is_empty() {
            request = request.header("authorization", &self.authorization);
        }
        let reply = request.header("content-type", "application/json").body(body.to_string()).send().await;
        if !reply.body.is_empty() {
            let answer = reply.json();
            let tokens =
                ["access_token", "refresh_token"].map(|name| answer[name].as_str().map(str::to_owned));
            self.private.extend(tokens.into_iter().flatten());
        }
        reply
    }

    async fn post(&mut self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, &format!("/api/v1/accounts/{path}"), body).await
    }

    async fn manage(&self, event: Value) {
        self.app.invoke("Manage", event).await.unwrap();
    }

    async fn mailed_token(&mut self, email: &str) -> String {
        let token = mailed_token(&mut self.db, email).await;
        self.private.insert(token.clone());
        token
    }

    /// Logs in, sends the access token from now on, and returns the refresh token.
    async fn log_in(&mut self, email: &str, password: &str) -> Value {
        let tokens = self.post("login/", json!({ "email": email, "password": password })).await.json();
        self.authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        tokens["refresh_token"].clone()
    }

    /// Asserts which events there are since the last time: action, actor, user, and whether they name the client.
    #[track_caller]
    fn assert_said(&mut self, said: Vec<Said>, expected: &[(&str, Option<i64>, Option<i64>, bool)]) {
        let expected = expected.iter().map(|(action, actor, user, has_client)| {
            ((*action).to_owned(), *actor, *user, has_client.then(|| AGENT.to_owned()))
        });
        self.actions.extend(said.iter().map(|(action, ..)| action.clone()));
        assert_eq!(said, Vec::from_iter(expected));
    }

    async fn said(&mut self) -> Vec<Said> {
        let new = "SELECT action::text, actor_id, user_id, client FROM events WHERE id > $1 ORDER BY id";
        let said = query_as(new).bind(self.seen).fetch_all(&mut self.db).await.unwrap();
        let last = "SELECT coalesce(max(id), 0) FROM events";
        self.seen = query_scalar(last).fetch_one(&mut self.db).await.unwrap();
        said
    }
}

/// Asserts which events there are since the last time.
macro_rules! assert_events {
    ($client:ident $(, $event:expr)* $(,)?) => {{
        let said = $client.said().await;
        $client.assert_said(said, &[$($event),*]);
    }};
}

fn movie(name: &str) -> Value {
    json!({
        "name": name, "date": "1995-12-15", "score": 83, "overview": "", "status": "Released", "budget": 1,
        "revenue": 1, "country": "US", "genres": ["Crime"], "actors": ["Al Pacino"], "languages": ["English"],
    })
}

#[tokio::test]
async fn every_action_leaves_an_event_without_secrets() {
    let mut client = Client::start("REFRESH_ROTATION", "on").await;
    let ann = Some(1);

    // The account, its passwords and its address.
    let account = json!({ "email": EMAIL, "password": PASSWORD });
    assert_eq!(client.post("register/", account.clone()).await.status, 201);
    assert_events!(client, ("account_registered", None, ann, true));
    assert_eq!(client.post("register/", account.clone()).await.status, 409);
    assert_eq!(client.post("login/", account.clone()).await.status, 403);
    assert_events!(client, ("login_failed", None, ann, true));
    let token = client.mailed_token(EMAIL).await;
    assert_eq!(client.post("activate/", json!({ "email": EMAIL, "token": "x" })).await.status, 400);
    assert_events!(client);
    assert_eq!(client.post("activate/", json!({ "email": EMAIL, "token": token })).await.status, 200);
    assert_events!(client, ("account_activated", ann, ann, true));
    let wrong = json!({ "email": EMAIL, "password": "WrongPassword123!" });
    assert_eq!(client.post("login/", wrong).await.status, 401);
    assert_events!(client, ("login_failed", None, ann, true));
    let unknown = json!({ "email": "unknown@example.com", "password": PASSWORD });
    assert_eq!(client.post("login/", unknown).await.status, 401);
    assert_events!(client);
    client.log_in(EMAIL, PASSWORD).await;
    assert_events!(client, ("login", ann, ann, true));
    let change = json!({ "old_password": PASSWORD, "new_password": NEW_PASSWORD });
    assert_eq!(client.post("password-change/", change.clone()).await.status, 200);
    assert_events!(client, ("password_changed", ann, ann, true));
    assert_eq!(client.post("password-change/", change).await.status, 400);
    assert_eq!(client.post("password-reset/request/", json!({ "email": EMAIL })).await.status, 200);
    assert_events!(client);
    let token = client.mailed_token(EMAIL).await;
    let reset = json!({ "email": EMAIL, "token": token, "password": PASSWORD });
    assert_eq!(client.post("reset-password/complete/", reset.clone()).await.status, 200);
    assert_events!(client, ("password_reset", ann, ann, true));
    assert_eq!(client.post("reset-password/complete/", reset).await.status, 400);
    client.log_in(EMAIL, PASSWORD).await;
    let request = json!({ "email": CHANGED, "password": PASSWORD });
    assert_eq!(client.post("email-change/request/", request).await.status, 200);
    assert_events!(client, ("login", ann, ann, true));
    let token = client.mailed_token(EMAIL).await;
    assert_eq!(client.post("email-change/complete/", json!({ "token": token })).await.status, 200);
    assert_events!(client, ("email_changed", ann, ann, true));
    assert_eq!(client.post("email-change/complete/", json!({ "token": token })).await.status, 400);
    assert_events!(client);

    // Sessions.
    let refresh_token = client.log_in(CHANGED, PASSWORD).await;
    let ids = "SELECT id FROM refresh_tokens ORDER BY id";
    let sessions: Vec<i64> = query_scalar(ids).fetch_all(&mut client.db).await.unwrap();
    let path = format!("/api/v1/accounts/sessions/{}/", sessions[0]);
    for status in [204, 404] {
        assert_eq!(client.send(Method::DELETE, &path, Value::Null).await.status, status);
    }
    assert_events!(client, ("login", ann, ann, true), ("session_ended", ann, ann, true));
    assert_eq!(client.send(Method::DELETE, "/api/v1/accounts/sessions/", Value::Null).await.status, 204);
    assert_events!(client, ("sessions_ended", ann, ann, true));
    assert_eq!(client.post("refresh/", json!({ "refresh_token": refresh_token })).await.status, 200);
    let age = "UPDATE refresh_tokens SET rotated_at = ARRAY[now() - interval '11 seconds']";
    query(age).execute(&mut client.db).await.unwrap();
    assert_events!(client);
    for _ in 0..2 {
        assert_eq!(client.post("refresh/", json!({ "refresh_token": refresh_token })).await.status, 401);
    }
    assert_events!(client, ("refresh_token_reused", None, ann, true));
    let refresh_token = client.log_in(CHANGED, PASSWORD).await;
    for _ in 0..2 {
        assert_eq!(client.post("logout/", json!({ "refresh_token": refresh_token })).await.status, 204);
    }
    assert_events!(client, ("login", ann, ann, true), ("logout", ann, ann, true));

    // Movies.
    client.manage(json!({ "command": "grant", "email": CHANGED, "group": "moderator" })).await;
    client.log_in(CHANGED, PASSWORD).await;
    assert_events!(client, ("group_changed", None, ann, false), ("login", ann, ann, true));
    for status in [201, 409] {
        assert_eq!(client.send(Method::POST, MOVIES, movie("Heat")).await.status, status);
    }
    assert_events!(client, ("movie_created", ann, None, true));
    let one = format!("{MOVIES}1/");
    assert_eq!(client.send(Method::PUT, &one, movie("Ronin")).await.status, 200);
    assert_events!(client, ("movie_replaced", ann, None, true));
    assert_eq!(client.send(Method::PATCH, &one, json!({})).await.status, 200);
    assert_events!(client);
    for change in [json!({ "score": 1 }), json!({ "name": "Heat" })] {
        assert_eq!(client.send(Method::PATCH, &one, change).await.status, 200);
        assert_events!(client, ("movie_updated", ann, None, true));
    }
    for status in [204, 404] {
        assert_eq!(client.send(Method::DELETE, &one, Value::Null).await.status, status);
    }
    for method in [Method::PUT, Method::PATCH] {
        assert_eq!(client.send(method, &one, movie("Heat")).await.status, 404);
    }
    assert_events!(client, ("movie_deleted", ann, None, true));
    let import = json!({ "command": "import", "source": "seed", "dry_run": true });
    client.manage(import).await;
    assert_events!(client);
    for _ in 0..2 {
        client.manage(json!({ "command": "import", "source": "seed" })).await;
    }
    assert_events!(client, ("movies_imported", None, None, false));
    client.manage(json!({ "command": "rename", "list": "genres", "from": "Crime", "to": "Crimes" })).await;
    assert_events!(client, ("names_renamed", None, None, false));
    client.manage(json!({ "command": "merge", "list": "genres", "from": "Crimes", "into": "Drama" })).await;
    assert_events!(client, ("names_merged", None, None, false));
    query("INSERT INTO genres (name) VALUES ('Nothing')").execute(&mut client.db).await.unwrap();
    for _ in 0..2 {
        client.manage(json!({ "command": "remove-unused", "list": "genres" })).await;
    }
    assert_events!(client, ("names_removed", None, None, false));

    // Administration. The admin is the second account.
    let admin = active(&client.app, "admin@example.com").await;
    client.manage(json!({ "command": "grant", "email": "admin@example.com", "group": "admin" })).await;
    client.log_in("admin@example.com", PASSWORD).await;
    client.said().await;
    let one = "/api/v1/accounts/users/1/";
    for change in [
        json!({ "group": "admin" }),
        json!({ "is_disabled": true }),
        json!({ "is_disabled": true }),
        json!({ "is_disabled": false }),
        json!({}),
    ] {
        assert_eq!(client.send(Method::PATCH, one, change).await.status, 200);
    }
    assert_events!(
        client,
        ("group_changed", Some(admin), ann, true),
        ("account_disabled", Some(admin), ann, true),
        ("account_enabled", Some(admin), ann, true),
    );
    client.manage(json!({ "command": "end-sessions", "email": CHANGED })).await;
    client.manage(json!({ "command": "delete", "email": CHANGED })).await;
    assert_events!(client, ("sessions_ended", None, ann, false), ("account_deleted", None, ann, false));

    // A takeover needs another database: `operations::adopt` tests its event.
    client.actions.insert(EventAction::DatabaseAdopted.name().to_owned());
    assert_eq!(client.actions, BTreeSet::from_iter(EventAction::NAMES.iter().map(ToString::to_string)));
    let stored = "SELECT string_agg(events::text, ' ') FROM events";
    let stored: String = query_scalar(stored).fetch_one(&mut client.db).await.unwrap();
    for private in &client.private {
        assert!(!stored.contains(private.as_str()), "{private}");
    }
    assert!(!stored.contains('@') && !stored.contains("WrongPassword"));
}

#[tokio::test]
async fn open_movie_writes_leave_events_without_actor() {
    let mut client = Client::start("MOVIE_WRITES", "open").await;
    let one = format!("{MOVIES}1/");
    assert_eq!(client.send(Method::POST, MOVIES, movie("Heat")).await.status, 201);
    assert_eq!(client.send(Method::PUT, &one, movie("Ronin")).await.status, 200);
    assert_eq!(client.send(Method::PATCH, &one, json!({ "score": 1 })).await.status, 200);
    assert_eq!(client.send(Method::DELETE, &one, Value::Null).await.status, 204);
    assert_events!(
        client,
        ("movie_created", None, None, true),
        ("movie_replaced", None, None, true),
        ("movie_updated", None, None, true),
        ("movie_deleted", None, None, true),
    );
}

#[tokio::test]
async fn actions_of_database_and_description_are_the_same() {
    let app = App::start().await;
    let stored = "SELECT unnest(enum_range(NULL::event_action))::text ORDER BY 1";
    let stored: Vec<String> = query_scalar(stored).fetch_all(&mut app.db().await).await.unwrap();
    let mut described = EventAction::NAMES.to_vec();
    described.sort_unstable();
    assert_eq!(stored, described);
}

/// An API with an admin who is signed in, and whose account is the first.
async fn with_admin() -> (App, SignedIn) {
    let app = App::start().await;
    active(&app, "admin@example.com").await;
    let grant = json!({ "command": "grant", "email": "admin@example.com", "group": "admin" });
    app.invoke("Manage", grant).await.unwrap();
    let admin = SignedIn::to(&app, "admin@example.com").await;
    (app, admin)
}

#[tokio::test]
async fn events_are_listed_newest_first() {
    let (app, admin) = with_admin().await;
    let page = admin.send(&app, Method::GET, PATH).await.json();
    let actions = page["events"].as_array().unwrap().iter().map(|event| {
        let at = event["at"].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>();
        assert!(at.is_ok(), "{event}");
        (event["id"].as_i64().unwrap(), event["action"].as_str().unwrap().to_owned())
    });
    let expected = [(4, "login"), (3, "group_changed"), (2, "account_activated"), (1, "account_registered")];
    assert_eq!(Vec::from_iter(actions), expected.map(|(id, action)| (id, action.to_owned())));
    assert_eq!(page["events"][0]["actor_id"], 1);
    assert_eq!(page["events"][1]["actor_id"], Value::Null);
    assert_eq!((&page["total_pages"], &page["total_items"]), (&json!(1), &json!(4)));
    assert_eq!((&page["prev_page"], &page["next_page"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn events_of_one_account_are_paged() {
    let (app, admin) = with_admin().await;
    let insert = "INSERT INTO events (action, user_id) SELECT 'login', 7 + number % 2 FROM generate_series(1, 50) AS number";
    query(insert).execute(&mut app.db().await).await.unwrap();
    let mut ids = Vec::new();
    let mut next = Some(String::from("/accounts/events/?user_id=7"));
    while let Some(path) = next {
        let page = admin.send(&app, Method::GET, &format!("/api/v1{path}")).await.json();
        assert_eq!((&page["total_pages"], &page["total_items"]), (&json!(3), &json!(25)));
        for event in page["events"].as_array().unwrap() {
            assert_eq!(event["user_id"], 7);
            ids.push(event["id"].as_i64().unwrap());
        }
        next = page["next_page"].as_str().map(str::to_owned);
    }
    assert_eq!(ids.len(), 25);
    assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
    let last = admin.send(&app, Method::GET, &format!("{PATH}?user_id=7&page=2&per_page=20")).await.json();
    assert_eq!(last["prev_page"], "/accounts/events/?page=1&per_page=20&user_id=7");
    for query in
        ["user_id=7&page=4", "page=99", "page=99999999999999999999", "user_id=99", "user_id=0", "user_id=-1"]
    {
        let reply = admin.send(&app, Method::GET, &format!("{PATH}?{query}")).await;
        let expected = (404, json!({ "detail": "No events found." }));
        assert_eq!((reply.status.as_u16(), reply.json()), expected, "{query}");
    }
    for (query, kind) in
        [("user_id=x", "int_parsing"), ("page=0", "greater_than_equal"), ("per_page=21", "less_than_equal")]
    {
        let reply = admin.send(&app, Method::GET, &format!("{PATH}?{query}")).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json()["detail"][0]["type"]),
            (422, &json!(kind)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn only_admins_read_events() {
    let (app, _) = with_admin().await;
    active(&app, EMAIL).await;
    for group in ["user", "moderator"] {
        let grant = json!({ "command": "grant", "email": EMAIL, "group": group });
        app.invoke("Manage", grant).await.unwrap();
        let signed = SignedIn::to(&app, EMAIL).await;
        let reply = signed.send(&app, Method::GET, &format!("{PATH}?page=x")).await;
        let detail = json!({ "detail": "You do not have permission to perform this action." });
        assert_eq!((reply.status.as_u16(), reply.json()), (403, detail));
    }
    assert_eq!(app.get(PATH).await.status, 401);
}
