//! The log lines of requests, and the secrets that they must not contain.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{
    App, Method,
    accounts::{self, PASSWORD},
    description::description,
    gateway::HttpRequest,
    log_check::{PRIVATE, SeenSecrets},
};

const MOVIES: &str = "/api/v1/theater/movies/";

/// Returns the log lines of requests; those of a function are in the order of its responses.
fn answered(app: &App) -> Vec<Value> {
    let lines = app.lines().into_iter();
    lines.filter(|line| line["message"] == "answered").collect()
}

#[tokio::test]
async fn request_log_names_user_and_error() {
    let app = App::start().await;
    let id = accounts::active(&app, "ann@example.com").await;
    accounts::login(&app, "ann@example.com", "not her password").await;
    let tokens = accounts::login(&app, "ann@example.com", PASSWORD).await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    for authorization in [bearer.as_str(), "Bearer nonsense"] {
        app.request(Method::GET, "/api/v1/accounts/me/").header("authorization", authorization).send().await;
    }
    app.request(Method::DELETE, &format!("{MOVIES}77/")).header("authorization", &bearer).send().await;
    for path in ["refresh", "logout"] {
        let token = json!({ "refresh_token": tokens["refresh_token"] });
        app.post_json(&format!("/api/v1/accounts/{path}/"), token).await;
    }
    let again = json!({ "email": "ann@example.com", "password": PASSWORD });
    app.post_json("/api/v1/accounts/register/", again).await;
    let story: Vec<_> = answered(&app)
        .into_iter()
        .map(|line| {
            let route = line["route"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            (
                route,
                line["status"].as_u64().unwrap(),
                line["user_id"].as_i64(),
                line["detail"].as_str().map(str::to_owned),
            )
        })
        .collect();
    let expected = |route: &str, status, user: Option<i64>, detail: Option<&str>| {
        assert!(
            story.contains(&(route.to_owned(), status, user, detail.map(str::to_owned))),
            "{route}: {story:?}"
        );
    };
    expected("login", 401, None, Some("Invalid email or password."));
    expected("me", 200, Some(id), None);
    expected("me", 401, None, Some("Invalid token."));
    expected("{movie_id}", 403, Some(id), Some("You do not have permission to perform this action."));
    expected("refresh", 200, Some(id), None);
    expected("logout", 204, Some(id), None);
    // The message for the client contains the address.
    expected("register", 409, Some(id), Some("Conflict"));
}

#[tokio::test]
async fn account_request_log_names_account() {
    let app = App::start().await;
    let id = accounts::register(&app, "ann@example.com").await;
    let post = async |path: &str, mut body: Value, email: &str, status: u16| {
        body["email"] = email.into();
        let reply = app.post_json(&format!("/api/v1/accounts/{path}/"), body).await;
        assert_eq!(reply.status, status, "{path} {email}");
    };
    for email in ["ann@example.com", "nobody@example.com"] {
        post("activate/resend", json!({}), email, 200).await;
        post("activate", json!({ "token": "wrong" }), email, 400).await;
    }
    let token = accounts::mailed_token(&mut app.db().await, "ann@example.com").await;
    post("login", json!({ "password": PASSWORD }), "ann@example.com", 403).await;
    post("activate", json!({ "token": token }), "ann@example.com", 200).await;
    let reset = json!({ "token": "wrong", "password": PASSWORD });
    for email in ["ann@example.com", "nobody@example.com"] {
        post("reset-password/complete", reset.clone(), email, 400).await;
        post("password-reset/request", json!({}), email, 200).await;
    }
    let token = accounts::mailed_token(&mut app.db().await, "ann@example.com").await;
    let reset = json!({ "token": token, "password": PASSWORD });
    post("reset-password/complete", reset, "ann@example.com", 200).await;
    let lines = answered(&app);
    for (route, about, all) in [
        ("register", 1, 1),
        ("activate/resend", 1, 2),
        ("activate", 2, 3),
        ("login", 1, 1),
        ("password-reset/request", 1, 2),
        ("reset-password/complete", 2, 3),
    ] {
        let route = format!("/api/v1/accounts/{route}");
        let lines: Vec<_> = lines.iter().filter(|line| line["route"] == route).collect();
        let named = lines.iter().filter(|line| line["user_id"] == id).count();
        let unnamed = lines.iter().filter(|line| line["user_id"].is_null()).count();
        assert_eq!((named, unnamed), (about, all - about), "{route}: {lines:?}");
    }
}

#[tokio::test]
async fn failed_login_log_has_keyed_hash_of_address() {
    let app = App::builder().env("RATE_LIMITS", "on").env("LOGIN_LIMIT", "2").start().await;
    accounts::active(&app, "ann@example.com").await;
    accounts::login(&app, "ann@example.com", PASSWORD).await;
    for email in ["ann@example.com", "nobody@example.com"] {
        for _ in 0..3 {
            accounts::login(&app, email, "not the password").await;
        }
    }
    let lines = answered(&app).into_iter().filter(|line| line["route"] == "/api/v1/accounts/login");
    let hashes: Vec<_> = lines
        .map(|line| {
            (line["status"].as_u64().unwrap(), line["address_hash"].as_str().unwrap_or_default().to_owned())
        })
        .collect();
    let [(201, success), rest @ ..] = &*hashes else { panic!("{hashes:?}") };
    assert_eq!((success.as_str(), rest.len()), ("", 6), "{hashes:?}");
    let (ann, unknown) = (&rest[0].1, &rest[3].1);
    for (at, (status, hash)) in rest.iter().enumerate() {
        assert_eq!(*status, if at % 3 == 2 { 429 } else { 401 });
        assert_eq!(hash, if at < 3 { ann } else { unknown });
        assert!(hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{hash}");
    }
    assert_ne!(ann, unknown);
}

#[tokio::test]
async fn manage_log_names_command_and_account() {
    let app = App::start().await;
    let id = accounts::register(&app, "ann@example.com").await;
    let grant = json!({ "command": "grant", "email": "ann@example.com", "group": "admin" });
    for event in [json!({ "command": "status" }), grant] {
        app.invoke("Manage", event).await.unwrap();
    }
    let lines = app.lines().into_iter().filter(|line| line["message"] == "done");
    let said = Vec::from_iter(lines.map(|line| (line["command"].clone(), line["user_id"].as_i64())));
    assert_eq!(said, [(json!("status"), None), (json!("grant"), Some(id))]);
}

#[tokio::test]
async fn failed_request_log_line_contains_cause() {
    let app = App::start().await;
    app.db().await.execute("DROP TABLE movies CASCADE").await.unwrap();
    app.get(MOVIES).await;
    let lines = app.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let line = &lines[0];
    assert_eq!((&line["level"], &line["status"]), (&json!("ERROR"), &json!(500)));
    assert_eq!(line["detail"], "Internal Server Error");
    let error = line["error"].as_str().unwrap();
    assert_eq!(error, "the database refused: relation \"movies\" does not exist (42P01)");

    let app = App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").start().await;
    app.get(MOVIES).await;
    let error = answered(&app)[0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("Connection refused"), "{error}");
}

#[tokio::test]
async fn client_chosen_request_id_is_not_logged() {
    let app = App::start().await;
    let event = json!({
        "resource": "/api/v1/theater/genres", "path": "/api/v1/theater/genres", "httpMethod": "GET",
        "headers": {}, "multiValueHeaders": {}, "isBase64Encoded": false,
        "requestContext": {
            "resourcePath": "/api/v1/theater/genres", "path": "/v1/api/v1/theater/genres", "stage": "v1",
            "httpMethod": "GET", "identity": {}, "requestId": "\"}\n{\"level\":\"ERROR",
        },
    });
    app.invoke("ListGenres", event).await.unwrap();
    let lines = app.lines();
    assert_eq!((lines.len(), &lines[0]["api_request_id"]), (1, &Value::Null), "{lines:?}");
}

/// Fields of the types `Secret`, `Password` and `MailedToken` have the format `password` in the description.
#[tokio::test]
async fn log_check_knows_every_secret_field() {
    let schemas = description().await["components"]["schemas"].as_object().expect("there are schemas");
    let properties = schemas.values().filter_map(|schema| schema["properties"].as_object()).flatten();
    let secrets: BTreeSet<_> = properties
        .filter(|(_, schema)| schema["format"] == "password")
        .map(|(name, _)| name.as_str())
        .collect();
    assert!(secrets.contains("new_password") && secrets.contains("refresh_token"), "{secrets:?}");
    let unknown: Vec<_> = secrets.iter().filter(|name| !PRIVATE.contains(name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

/// Every test ends with this check of all its log lines (`tests/support/log_check.rs`).
#[test]
fn log_check_detects_forbidden_content() {
    let mut secrets = SeenSecrets::default();
    let mut request = HttpRequest::new(Method::POST, "/");
    request.headers.push((String::from("Authorization"), String::from("Bearer a.bearer.token")));
    request.body = json!({"email": "ann at example", "password": PASSWORD}).to_string().into_bytes();
    secrets.record(&request);
    secrets.record_setting("DATABASE_URL", "postgres://owner:very-secret@127.0.0.1/movies");
    let line = |member: &str, value: Value| json!({"timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": "answered", member: value});
    let metrics = |value: Value, dimension: &str| {
        let mut line = line("Requests", value);
        line["detail"] = json!(dimension);
        let metrics = json!([{"Name": "Requests", "Unit": "Count"}]);
        let directive = json!({"Namespace": "Movies", "Dimensions": [["detail"]], "Metrics": metrics});
        line["_aws"] = json!({"Timestamp": 1_700_000_000_000_u64, "CloudWatchMetrics": [directive]});
        line
    };
    for good in
        [line("request_id", json!("00000000-0000-4000-8000-000000000001")), metrics(json!(1), "Not Found")]
    {
        assert_eq!(secrets.violations(&[format!("{good}\n")]), [""; 0], "{good}");
    }
    let jwt = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
    let hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for bad in [
        line("to", json!("bob@example.org")),
        line("token", json!(jwt)),
        line("error", json!(format!("no row with {hash}"))),
        line("body", json!(format!("{{\"password\":\"{PASSWORD}\"}}"))),
        line("header", json!("a.bearer.token")),
        line("user", json!("ann at example")),
        line("url", json!("owner:very-secret")),
        line("level", json!(3)),
        metrics(json!("many"), "Not Found"),
        metrics(json!(1), ""),
    ] {
        assert_eq!(secrets.violations(&[format!("{bad}\n")]).len(), 1, "{bad}");
    }
    assert_eq!(secrets.violations(&["thread 'main' panicked\n"]).len(), 1);
}
