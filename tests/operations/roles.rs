//! The logins of the functions, which `manage` makes from their secrets and rotates.

use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor, PgConnection};

use crate::support::{App, aws::Aws};

/// An app whose `manage` knows the secrets of both logins, named after the test.
pub struct Roles {
    pub aws: Aws,
    pub app: App,
    application: String,
    pub reader: String,
}

impl Roles {
    pub async fn start(prefix: &str) -> Self {
        let aws = Aws::start();
        let secret = |kind: &str, password: &str| {
            let value = json!({ "username": format!("{prefix}_{kind}"), "password": password }).to_string();
            let secret = aws.secrets_manager("CreateSecret", &json!({ "Name": kind, "SecretString": value }));
            secret["ARN"].as_str().unwrap().to_owned()
        };
        let (application, reader) =
            (secret("application", "first password"), secret("reader", "other \"'\\$"));
        let builder = aws.used_by(App::builder()).env("APPLICATION_SECRET_ARN", &application);
        let app = builder.env("READER_SECRET_ARN", &reader).start().await;
        Self { aws, app, application, reader }
    }

    pub async fn run(&self, command: &str) -> Value {
        self.app.invoke("Manage", json!({ "command": command })).await.unwrap()
    }

    /// What a secret holds now: user name and password.
    pub fn credentials(&self, arn: &str) -> (String, String) {
        let secret = self.aws.secrets_manager("GetSecretValue", &json!({ "SecretId": arn }));
        let value: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        (text("username"), text("password"))
    }

    async fn connect(&self, (username, password): &(String, String)) -> sqlx::Result<PgConnection> {
        self.app.database().options().clone().username(username).password(password).connect().await
    }

    /// An app on the same database whose functions log in with this secret.
    pub async fn app_with(&self, arn: &str) -> App {
        let options = self.app.database().options();
        let app = self.aws.used_by(App::builder()).env("DATABASE_URL", "").env("DATABASE_SECRET_ARN", arn);
        let app = app.env("POSTGRES_HOST", options.get_host());
        let app = app.env("POSTGRES_DB_PORT", &options.get_port().to_string());
        app.env("POSTGRES_DB", options.get_database().unwrap()).start().await
    }
}

async fn may(connection: &mut PgConnection, statement: &'static str) -> bool {
    match connection.execute(statement).await {
        Ok(_) => true,
        Err(error) => {
            let code = error.as_database_error().and_then(|error| error.code());
            assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
            false
        }
    }
}

#[tokio::test]
async fn migrating_makes_logins_that_may_do_what_their_functions_do() {
    let roles = Roles::start("rights").await;
    let answer = roles.run("migrate").await;
    assert_eq!(answer["logins"], json!(["rights_application", "rights_reader"]));
    assert_eq!(roles.run("migrate").await["logins"], answer["logins"]);

    let mut application = roles.connect(&roles.credentials(&roles.application)).await.unwrap();
    let mut reader = roles.connect(&roles.credentials(&roles.reader)).await.unwrap();
    let wrong = (String::from("rights_reader"), String::from("wrong"));
    assert!(roles.connect(&wrong).await.is_err());
    for (statement, by_application, by_reader) in [
        ("SELECT count(*) FROM movies", true, true),
        ("SELECT count(*) FROM movie_counts", true, true),
        ("SELECT count(*) FROM users", true, false),
        ("SELECT count(*) FROM refresh_tokens", true, false),
        ("INSERT INTO genres (name) VALUES ('Drama')", true, false),
        ("UPDATE movies SET score = 0", true, false),
        ("DELETE FROM movies", true, false),
        ("TRUNCATE movies CASCADE", false, false),
        ("DROP TABLE movies", false, false),
        ("CREATE TABLE mine (id int)", false, false),
        ("SELECT count(*) FROM _sqlx_migrations", false, false),
        ("CREATE ROLE another", false, false),
    ] {
        assert_eq!(may(&mut application, statement).await, by_application, "application: {statement}");
        assert_eq!(may(&mut reader, statement).await, by_reader, "reader: {statement}");
    }
    for (login, limit) in [(&mut application, "0"), (&mut reader, "5s")] {
        let timeout: String = sqlx::query_scalar("SHOW statement_timeout").fetch_one(login).await.unwrap();
        assert_eq!(timeout, limit);
    }
    let logs = roles.app.logs("Manage");
    assert!(!logs.contains("first password"), "{logs}");
}

#[tokio::test]
async fn a_rotation_fails_no_request() {
    let roles = Roles::start("rotation").await;
    roles.run("migrate").await;
    let first = roles.credentials(&roles.reader);
    let warm = roles.app_with(&roles.reader).await;
    let list = "/api/v1/theater/movies/";
    assert_eq!(warm.get(list).await.status, 404);

    for expected in ["rotation_reader_clone", "rotation_reader", "rotation_reader_clone"] {
        let before = roles.credentials(&roles.reader);
        let answer = roles.run("rotate").await;
        assert_eq!(answer["logins"][1], expected);
        let after = roles.credentials(&roles.reader);
        assert_eq!(after.0, expected);
        assert!(roles.connect(&before).await.is_ok(), "the secret before still opens");
        assert!(roles.connect(&after).await.is_ok());
        // Whoever is connected stays so; whoever must connect again does it with what it has, or fetches anew.
        assert_eq!(warm.get(list).await.status, 404);
        let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND usename LIKE 'rotation_reader%'";
        roles.app.db().await.execute(ended).await.unwrap();
        assert_eq!(warm.get(list).await.status, 404);
    }
    assert!(roles.connect(&first).await.is_err(), "its password was replaced two turns later");
    assert_eq!(warm.environments("ListMovies"), 1);
}

#[tokio::test]
async fn rotation_in_place_keeps_names_and_fails_no_request() {
    let mut roles = Roles::start("in_place").await;
    roles.app.set_env("PASSWORD_ROTATION", "in-place");
    roles.run("migrate").await;
    let warm = roles.app_with(&roles.reader).await;
    let list = "/api/v1/theater/movies/";
    assert_eq!(warm.get(list).await.status, 404);
    let mut db = roles.app.db().await;
    for _ in 0..3 {
        let before = roles.credentials(&roles.reader);
        let ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                     WHERE datname = current_database() AND usename = 'in_place_reader'";
        // Requests that must connect anew, while the password changes.
        let requests = async {
            for _ in 0..10 {
                db.execute(ended).await.unwrap();
                assert_eq!(warm.get(list).await.status, 404);
            }
        };
        let (answer, ()) = tokio::join!(roles.run("rotate"), requests);
        assert_eq!(answer["logins"], json!(["in_place_application", "in_place_reader"]));
        let after = roles.credentials(&roles.reader);
        assert_eq!(after.0, before.0);
        assert!(roles.connect(&before).await.is_err(), "the password before opens nothing");
        assert!(roles.connect(&after).await.is_ok());
    }
    assert_eq!(warm.environments("ListMovies"), 1);
}

#[tokio::test]
async fn rotation_of_unknown_kind_changes_nothing() {
    let roles = Roles::start("kept").await;
    roles.run("migrate").await;
    let before = roles.credentials(&roles.application);
    let app = roles.aws.used_by(App::builder()).env("PASSWORD_ROTATION", "perhaps");
    let app = app.env("APPLICATION_SECRET_ARN", &roles.application).start().await;
    let error = app.invoke("Manage", json!({ "command": "rotate" })).await.unwrap_err();
    assert_eq!(error.error_message, "PASSWORD_ROTATION must be alternating or in-place.");
    assert_eq!(roles.credentials(&roles.application), before);
    assert!(roles.connect(&before).await.is_ok());
}

#[tokio::test]
async fn rotations_at_once_follow_one_another() {
    let roles = Roles::start("turns").await;
    roles.run("migrate").await;
    tokio::join!(roles.run("rotate"), roles.run("rotate"), roles.run("rotate"));
    for arn in [&roles.application, &roles.reader] {
        let credentials = roles.credentials(arn);
        assert!(credentials.0.ends_with("_clone"), "{}", credentials.0);
        assert!(roles.connect(&credentials).await.is_ok());
    }
}

#[tokio::test]
async fn secrets_that_cannot_be_used_are_named_and_change_nothing() {
    let roles = Roles::start("unusable").await;
    let replace = |value: &str| {
        let arguments = json!({ "SecretId": roles.application, "SecretString": value });
        roles.aws.secrets_manager("PutSecretValue", &arguments);
    };
    for (value, reason) in [
        ("no JSON", "APPLICATION_SECRET_ARN holds no usable JSON"),
        (
            r#"{"username":"unusable_application","password":"é"}"#,
            "APPLICATION_SECRET_ARN holds a password that",
        ),
    ] {
        replace(value);
        let error = roles.app.invoke("Manage", json!({ "command": "migrate" })).await.unwrap_err();
        assert!(error.error_message.starts_with(reason), "{}", error.error_message);
    }
    let app = App::start().await;
    let error = app.invoke("Manage", json!({ "command": "rotate" })).await.unwrap_err();
    let sentence = "Neither APPLICATION_SECRET_ARN nor READER_SECRET_ARN is set; there is nothing to rotate.";
    assert_eq!(error.error_message, sentence);
}
