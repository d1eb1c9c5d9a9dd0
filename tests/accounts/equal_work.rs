//! Checks that requests do the same work with and without an account: the same statements, and as many written rows,
//! with and without rate limits. `benches/accounts.rs` measures the time.

use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions, query_scalar};

use super::{rate_limit::advance_time, signed_in::SignedIn};
use crate::support::{
    App, Method,
    accounts::{PASSWORD, active, register},
    proxy::Proxy,
    template::Login,
};

/// The tables that these requests write to.
const WRITTEN: [&str; 8] = [
    "attempt_buckets",
    "activation_tokens",
    "password_reset_tokens",
    "email_change_tokens",
    "refresh_tokens",
    "mail_outbox",
    "known_clients",
    "events",
];

const ACTIVE: &str = "active@example.com";
const INACTIVE: &str = "inactive@example.com";
const UNKNOWN: &str = "unknown@example.com";

/// The work of a request in the database.
#[derive(Debug, PartialEq)]
struct Work {
    round_trips: usize,
    statements: Vec<String>,
    /// The inserted or updated rows, plus the deleted rows.
    rows: i64,
}

struct Watched {
    app: App,
    proxy: Proxy,
    db: PgConnection,
    /// The header `Authorization` of the requests; empty for none.
    authorization: String,
}

impl Watched {
    async fn start(limits: &str) -> Self {
        let mut app = App::builder().env("RATE_LIMITS", limits).start().await;
        active(&app, ACTIVE).await;
        register(&app, INACTIVE).await;
        let db = app.db().await;
        let options: PgConnectOptions = app.database().url_of(Login::Accounts).parse().unwrap();
        let proxy = Proxy::start(options.get_host(), options.get_port());
        app.set_env("DATABASE_URL", options.host("127.0.0.1").port(proxy.port()).to_url_lossy().as_str());
        Self { app, proxy, db, authorization: String::new() }
    }

    async fn rows(&mut self, condition: &str) -> i64 {
        let tables = WRITTEN.map(|table| format!("SELECT xmin FROM {table}")).join(" UNION ALL ");
        let statement = format!("SELECT count(*) FROM ({tables}) AS written WHERE {condition}");
        query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(&mut self.db).await.unwrap()
    }

    /// Returns the work of a request, whose response must have `status`.
    async fn work(&mut self, path: &str, body: Value, status: u16) -> Work {
        let before: i64 =
            query_scalar("SELECT pg_current_xact_id()::text::bigint").fetch_one(&mut self.db).await.unwrap();
        let all = self.rows("true").await;
        self.proxy.take();
        let mut request = self.app.request(Method::POST, &format!("/api/v1/accounts/{path}"));
        if !self.authorization.is_empty() {
            request = request.header("authorization", &self.authorization);
        }
        let request = request.header("content-type", "application/json").body(body.to_string());
        let reply = request.send().await;
        assert_eq!(reply.status, status, "{path}");
        let traffic = self.proxy.take();
        let written = self.rows(&format!("xmin::text::bigint > {before}")).await;
        let inserted = self.rows("true").await - all;
        let deleted = (-inserted).max(0);
        let statements = traffic.statements.into_iter().map(|statement| statement.sql);
        // Ignores the check of an idle connection, which does not depend on the address.
        let statements = statements.filter(|sql| !sql.is_empty()).collect();
        Work { round_trips: traffic.round_trips, statements, rows: written + deleted }
    }
}

/// Asserts that the request does the same work for every address, twice, because the first one prepares statements.
async fn assert_alike(limits: &str, path: &str, emails: [&str; 3], body: Value, status: u16) {
    let mut watched = Watched::start(limits).await;
    let mut expected = None;
    for round in 0..3 {
        for email in emails {
            let mut body = body.clone();
            body["email"] = email.into();
            let work = watched.work(path, body, status).await;
            if (round, email) == (0, emails[0]) {
                continue;
            }
            let expected =
                expected.get_or_insert_with(|| (work.round_trips, work.statements.clone(), work.rows));
            let actual = (work.round_trips, work.statements, work.rows);
            assert_eq!(&actual, expected, "{path} {email}, limits {limits}, round {round}");
        }
    }
}

#[tokio::test]
async fn reset_request_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        assert_alike(limits, "password-reset/request/", [ACTIVE, INACTIVE, UNKNOWN], json!({}), 200).await;
    }
}

#[tokio::test]
async fn resend_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        assert_alike(limits, "activate/resend/", [INACTIVE, ACTIVE, UNKNOWN], json!({}), 200).await;
    }
}

#[tokio::test]
async fn capped_mail_request_does_equal_work() {
    let mut watched = Watched::start("on").await;
    let request = json!({ "email": ACTIVE });
    let mut works = Vec::new();
    for number in 0..5 {
        works.push(watched.work("password-reset/request/", request.clone(), 200).await);
        if number == 2 {
            let cap =
                "UPDATE attempt_buckets SET full_at = now() + interval '1 hour' WHERE bucket = sha256($1)";
            let name = format!("mail\0address\0{ACTIVE}\0");
            let full = sqlx::query(cap).bind(name.as_bytes()).execute(&mut watched.db).await.unwrap();
            assert_eq!(full.rows_affected(), 1);
        }
    }
    let mails = "SELECT count(*) FROM mail_outbox WHERE kind = 'password_reset'";
    let mails: i64 = query_scalar(mails).fetch_one(&mut watched.db).await.unwrap();
    assert_eq!(mails, 3);
    // The bucket of the mail cap does not change, so one row less is written.
    assert_eq!(works[3].statements, works[2].statements);
    assert!(works[3].rows.abs_diff(works[2].rows) <= 1, "{works:?}");
}

#[tokio::test]
async fn wrong_reset_token_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        let mut watched = Watched::start(limits).await;
        let wrong = |email| json!({ "email": email, "token": "wrong", "password": PASSWORD });
        // The first attempt on an address inserts its buckets, which would hide the deletion of a token.
        for email in [ACTIVE, INACTIVE, UNKNOWN] {
            watched.work("reset-password/complete/", wrong(email), 400).await;
        }
        advance_time(&watched.app, "1 hour").await;
        // The limit on deletions lets only the first wrong token delete the stored one.
        for (attempt, left) in [("first", 0), ("second", i64::from(limits == "on"))] {
            watched.work("password-reset/request/", json!({ "email": ACTIVE }), 200).await;
            let mut works = Vec::new();
            for email in [ACTIVE, INACTIVE, UNKNOWN] {
                works.push(watched.work("reset-password/complete/", wrong(email), 400).await);
            }
            let tokens: i64 = query_scalar("SELECT count(*) FROM password_reset_tokens")
                .fetch_one(&mut watched.db)
                .await
                .unwrap();
            assert_eq!(tokens, left, "the {attempt}, limits {limits}");
            assert!(
                works.windows(2).all(|pair| pair[0] == pair[1]),
                "{attempt}, limits {limits}: {works:#?}"
            );
        }
    }
}

#[tokio::test]
async fn wrong_activation_token_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        let body = json!({ "token": "wrong" });
        assert_alike(limits, "activate/", [INACTIVE, ACTIVE, UNKNOWN], body, 400).await;
    }
}

#[tokio::test]
async fn failed_login_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        let body = json!({ "password": "WrongPassword123!" });
        assert_alike(limits, "login/", [ACTIVE, INACTIVE, UNKNOWN], body, 401).await;
    }
}

#[tokio::test]
async fn email_change_request_does_equal_work_for_every_address() {
    for limits in ["on", "off"] {
        let mut watched = Watched::start(limits).await;
        watched.authorization = SignedIn::to(&watched.app, ACTIVE).await.authorization;
        let mut works = Vec::new();
        for email in ["first@example.com", ACTIVE, INACTIVE, UNKNOWN] {
            let body = json!({ "email": email, "password": PASSWORD });
            works.push(watched.work("email-change/request/", body, 200).await);
        }
        works.remove(0);
        assert!(works.windows(2).all(|pair| pair[0] == pair[1]), "limits {limits}: {works:#?}");
    }
}
