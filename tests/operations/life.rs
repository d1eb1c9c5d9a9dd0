//! Simulates a typical load on the application, and returns its logs.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use tokio::{sync::OnceCell, time::interval};

use crate::support::{
    App, Method,
    accounts::{self, PASSWORD},
};

/// The IP address of a client that guesses passwords.
const GUESSER: &str = "198.51.100.66";

/// How often clients get each error: the text of `detail`, or the name of the status.
pub type ErrorCounts = BTreeMap<String, usize>;

/// Returns the log lines of one simulation, the same for every test of this process.
pub async fn lines() -> Vec<Value> {
    static LINES: OnceCell<Vec<Value>> = OnceCell::const_new();
    LINES.get_or_init(async || run_traffic(1, Duration::ZERO).await.0).await.clone()
}

/// Runs some rounds, one in each `gap`. Returns the log lines, sorted by time, and the errors that clients got.
pub async fn run_traffic(rounds: usize, gap: Duration) -> (Vec<Value>, ErrorCounts) {
    let folder = tempfile::tempdir().expect("the folder for temporary files is writable");
    let app = App::builder()
        .env("MAIL_URL", &format!("file:{}", folder.path().display()))
        .env("MAIL_FROM", "Movie Theater <no-reply@movies.example>")
        .env("PUBLIC_URL", "https://movies.example")
        .env("RATE_LIMITS", "on")
        .env("LOGIN_LIMIT", "2")
        .env("LOGIN_LIMIT_PER_CLIENT", "1000")
        .env("MAIL_LIMIT_PER_CLIENT", "1000")
        .start()
        .await;
    let broken = App::builder().env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").start().await;
    let mut errors = ErrorCounts::new();
    app.invoke("Manage", json!({"command": "migrate"})).await.expect("it migrates");
    app.invoke("Manage", json!({"command": "import"})).await.expect("it imports");
    let mut clock = interval(gap.max(Duration::from_millis(1)));
    for round in 0..rounds {
        clock.tick().await;
        let email = format!("reader{round}@example.com");
        round_of(&app, &email, &mut errors).await;
        if round == 0 {
            count(&mut errors, accounts::login(&broken, &email, PASSWORD).await);
            count(&mut errors, broken.get("/api/v1/theater/movies/").await);
        }
    }
    let complaint = json!({"complainedRecipients": [{"emailAddress": "left@example.com"}]});
    let mail = json!({"destination": ["left@example.com"]});
    let event = json!({"detail": {"eventType": "Complaint", "complaint": complaint, "mail": mail}});
    app.invoke("MailFeedback", event).await.expect("it takes the complaint");
    app.invoke("PurgeTokens", json!({})).await.expect("it purges");
    let mut lines = [app.lines(), broken.lines()].concat();
    lines.sort_by(|one, other| one["timestamp"].as_str().cmp(&other["timestamp"].as_str()));
    (lines, errors)
}

async fn round_of(app: &App, email: &str, errors: &mut ErrorCounts) {
    for path in
        ["/api/v1/theater/movies/", "/api/v1/theater/movies/?page=2", "/api/v1/theater/genres/", "/nowhere"]
    {
        count(errors, app.get(path).await);
    }
    count(errors, app.get("/api/v1/theater/movies/?page=0").await);
    count(errors, app.get("/api/v1/theater/movies/0/").await);
    accounts::active(app, email).await;
    accounts::register(app, &format!("new-{email}")).await;
    let tokens = accounts::login(app, email, PASSWORD).await.json();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().expect("the password is right"));
    for authorization in [bearer.as_str(), ""] {
        let request = app.request(Method::GET, "/api/v1/accounts/me/");
        count(errors, request.header("authorization", authorization).send().await);
    }
    for _ in 0..2 {
        let guess = json!({"email": email, "password": "a guess at it"}).to_string();
        let request = app.request(Method::POST, "/api/v1/accounts/login/").source_ip(GUESSER);
        count(errors, request.header("content-type", "application/json").body(guess).send().await);
    }
    for _ in 0..3 {
        count(errors, accounts::login(app, "nobody@example.com", "a guess at it").await);
    }
    app.invoke("SendMail", json!({})).await.expect("mail is sent");
}

/// Counts a response as the metrics should.
fn count(errors: &mut ErrorCounts, reply: crate::support::Reply) {
    if reply.status.is_client_error() || reply.status.is_server_error() {
        let detail = reply.json()["detail"].as_str().map(str::to_owned);
        let usual = || reply.status.canonical_reason().unwrap_or_default().to_owned();
        *errors.entry(detail.unwrap_or_else(usual)).or_default() += 1;
    }
}

/// Returns a line of API Gateway's access log for a throttled request.
pub fn access_log_line() -> Value {
    let template: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(include_str!("../../template.yaml")).unwrap();
    let format = template["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Format"].as_str().unwrap();
    let line = format.replace("$context.error.responseType", "THROTTLED");
    let line: Value = serde_json::from_str(&line).expect("a line of the access log is JSON");
    line
}
