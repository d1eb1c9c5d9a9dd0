//! The database logins of the functions, which `manage` creates from their secrets and rotates.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor, PgConnection};

use crate::{
    movies,
    support::{
        App,
        app::Builder,
        aws::Aws,
        locks::{no_statement_waits, statements_wait},
        poll,
    },
};

/// An app whose `manage` has the secrets of all logins; their names contain the test's.
pub struct Roles {
    pub aws: Aws,
    pub app: App,
    secrets: BTreeMap<&'static str, String>,
    pub reader: String,
}

/// The kinds of logins that `manage` creates.
const KINDS: [&str; 7] = ["reader", "writer", "accounts", "admin", "profiles", "mail", "purge"];

/// The first password of each login.
const PASSWORD: &str = "first \"'\\$";

impl Roles {
    pub async fn start(prefix: &str) -> Self {
        let aws = Aws::shared();
        let secret = |kind: &'static str| {
            let value = json!({ "username": format!("{prefix}_{kind}"), "password": PASSWORD }).to_string();
            (kind, aws.create_secret(kind, &value))
        };
        let secrets = BTreeMap::from(KINDS.map(secret));
        let builder = aws.used_by(App::builder()).env("DATABASE_ROLE_PREFIX", prefix);
        let variable = |kind: &str| format!("{}_SECRET_ARN", kind.to_uppercase());
        let builder = secrets.iter().fold(builder, |app, (kind, arn)| app.env(&variable(kind), arn));
        let app = builder.start().await;
        Self { aws, app, reader: secrets["reader"].clone(), secrets }
    }

    /// Returns the logins in the result of `manage`: one of each kind, with the suffix `end`.
    fn logins(prefix: &str, end: &str) -> Value {
        KINDS.map(|kind| format!("{prefix}_{kind}{end}")).to_vec().into()
    }

    /// Opens a connection with each kind of login.
    async fn connections(&self) -> BTreeMap<&'static str, PgConnection> {
        let mut connections = BTreeMap::new();
        for (kind, arn) in &self.secrets {
            connections.insert(*kind, self.connect(&self.credentials(arn)).await.unwrap());
        }
        connections
    }

    pub async fn run(&self, command: &str) -> Value {
        self.app.invoke("Manage", json!({ "command": command })).await.unwrap()
    }

    /// Returns the user name and the password in a secret.
    pub fn credentials(&self, arn: &str) -> (String, String) {
        let secret = self.aws.secrets_manager("GetSecretValue", &json!({ "SecretId": arn }));
        let value: Value = serde_json::from_str(secret["SecretString"].as_str().unwrap()).unwrap();
        let text = |name: &str| value[name].as_str().unwrap().to_owned();
        (text("username"), text("password"))
    }

    async fn connect(&self, (username, password): &(String, String)) -> sqlx::Result<PgConnection> {
        self.app.database().options().clone().username(username).password(password).connect().await
    }

    /// Starts an app on the same database whose functions log in with this secret.
    pub async fn app_with(&self, arn: &str) -> App {
        self.builder_with(arn).start().await
    }

    fn builder_with(&self, arn: &str) -> Builder {
        let options = self.app.database().options();
        let app = self.aws.used_by(App::builder()).env("DATABASE_URL", "").env("DATABASE_SECRET_ARN", arn);
        let app = app.env("MOVIE_WRITES", "open");
        let app = app.env("POSTGRES_HOST", options.get_host());
        let app = app.env("POSTGRES_DB_PORT", &options.get_port().to_string());
        app.env("POSTGRES_DB", options.get_database().unwrap())
    }
}

async fn setting(login: &mut PgConnection, name: &str) -> String {
    sqlx::query_scalar("SELECT current_setting($1)").bind(name).fetch_one(login).await.unwrap()
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
async fn logins_have_exactly_needed_privileges() {
    let roles = Roles::start("rights").await;
    let answer = roles.run("migrate").await;
    assert_eq!(answer["logins"], Roles::logins("rights", ""));
    assert_eq!(roles.run("migrate").await["logins"], answer["logins"]);
    let wrong = (String::from("rights_reader"), String::from("wrong"));
    assert!(roles.connect(&wrong).await.is_err());

    let mut connections = roles.connections().await;
    for (statement, allowed) in [
        ("SELECT count(*) FROM movies", vec!["reader", "writer"]),
        ("SELECT count(*) FROM movie_counts", vec!["reader", "writer"]),
        ("UPDATE movie_counts SET movies = 0", vec![]),
        ("INSERT INTO movie_count_changes (difference) VALUES (1)", vec![]),
        ("INSERT INTO genres (name) VALUES ('Drama')", vec!["writer"]),
        ("UPDATE genres SET name = 'Drama'", vec![]),
        ("DELETE FROM genres", vec![]),
        ("DELETE FROM movies_genres", vec!["writer"]),
        ("UPDATE movies SET score = 0", vec!["writer"]),
        ("DELETE FROM movies", vec!["writer"]),
        (
            "SELECT is_active, group_id FROM users WHERE id = 1",
            vec!["writer", "accounts", "admin", "profiles"],
        ),
        ("SELECT email FROM users", vec!["accounts", "admin", "mail"]),
        ("SELECT hashed_password FROM users", vec!["accounts"]),
        ("SELECT * FROM users", vec![]),
        ("UPDATE users SET hashed_password = 'x'", vec!["accounts"]),
        ("UPDATE users SET group_id = 1", vec!["admin"]),
        ("UPDATE users SET email = 'ann@example.com'", vec!["accounts"]),
        ("DELETE FROM users", vec!["accounts", "purge"]),
        ("SELECT count(*) FROM refresh_tokens", vec!["writer", "accounts", "admin", "profiles", "purge"]),
        ("UPDATE refresh_tokens SET last_used_at = now()", vec!["writer", "accounts", "admin", "profiles"]),
        ("UPDATE refresh_tokens SET rotated_at = '{}'", vec!["accounts"]),
        ("UPDATE refresh_tokens SET user_id = 1", vec![]),
        ("UPDATE users SET tokens_valid_from = now()", vec!["accounts", "admin"]),
        ("UPDATE users SET disabled_at = now()", vec!["admin"]),
        ("SELECT token_hash FROM refresh_tokens", vec!["accounts"]),
        ("SELECT token_hash FROM activation_tokens", vec!["accounts", "mail"]),
        ("DELETE FROM password_reset_tokens", vec!["accounts", "admin", "purge"]),
        ("SELECT token FROM mail_outbox", vec!["mail"]),
        ("DELETE FROM mail_outbox", vec!["purge"]),
        ("SELECT address FROM attempt_buckets", vec!["accounts"]),
        (
            "INSERT INTO events (action, actor_id) VALUES ('movie_deleted', 1)",
            vec!["writer", "accounts", "admin", "purge"],
        ),
        ("INSERT INTO events (action, user_id) VALUES ('login', 1)", vec!["accounts", "admin", "purge"]),
        ("INSERT INTO events (action, at) VALUES ('login', now())", vec![]),
        ("SELECT client FROM events", vec!["admin", "purge"]),
        ("UPDATE events SET client = NULL", vec!["accounts", "purge"]),
        ("SELECT info FROM user_profiles", vec!["admin", "profiles"]),
        ("UPDATE events SET action = 'login'", vec![]),
        ("DELETE FROM events", vec!["purge"]),
        ("SELECT picture FROM user_profiles", vec!["admin", "profiles", "purge"]),
        ("DELETE FROM user_profiles", vec!["profiles"]),
        ("TRUNCATE movies CASCADE", vec![]),
        ("DROP TABLE movies", vec![]),
        ("CREATE TABLE mine (id int)", vec![]),
        ("SELECT count(*) FROM _sqlx_migrations", vec![]),
        ("CREATE ROLE another", vec![]),
    ] {
        for (kind, connection) in &mut connections {
            assert_eq!(may(connection, statement).await, allowed.contains(kind), "{kind}: {statement}");
        }
    }
    for (kind, login) in &mut connections {
        // The others may run as long as their functions.
        let limit = match *kind {
            "reader" | "admin" => 5,
            "purge" => 60,
            kind => {
                let functions = roles.app.template().functions.values();
                let functions = functions.filter(|function| function.login.name() == kind);
                functions.map(|function| function.timeout.as_secs()).max().unwrap()
            }
        };
        let timeout = "SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout'";
        let timeout: i64 = sqlx::query_scalar(timeout).fetch_one(&mut *login).await.unwrap();
        assert_eq!(u64::try_from(timeout), Ok(limit * 1000), "{kind}");
        assert_eq!(setting(login, "idle_session_timeout").await, "1min");
    }
    let logs = roles.app.logs("Manage");
    assert!(!logs.contains(PASSWORD), "{logs}");
}

#[tokio::test]
async fn obsolete_grants_are_revoked() {
    let roles = Roles::start("narrowed").await;
    roles.run("migrate").await;
    let mut db = roles.app.db().await;
    db.execute("GRANT SELECT ON users TO narrowed_reader_rights; GRANT SELECT (token) ON mail_outbox TO narrowed_reader_rights").await.unwrap();
    let mut reader = roles.connect(&roles.credentials(&roles.reader)).await.unwrap();
    assert!(may(&mut reader, "SELECT email FROM users").await);
    roles.run("migrate").await;
    for statement in ["SELECT email FROM users", "SELECT token FROM mail_outbox"] {
        assert!(!may(&mut reader, statement).await, "{statement}");
    }
}

#[tokio::test]
async fn stacks_on_one_server_have_separate_logins() {
    let (one, two) = (Roles::start("one").await, Roles::start("two").await);
    one.run("migrate").await;
    let first = one.credentials(&one.reader);
    assert_eq!(two.run("migrate").await["logins"], Roles::logins("two", ""));
    two.run("rotate").await;
    assert!(one.connect(&first).await.is_ok(), "the other stack did not change it");
    let mut stranger = two.connect(&first).await.unwrap();
    assert!(
        !may(&mut stranger, "SELECT count(*) FROM movies").await,
        "it has no rights in the other database"
    );
}

#[tokio::test]
async fn invalid_role_prefix_is_rejected() {
    let long = "x".repeat(48);
    for prefix in ["", "a b", "a\"b", long.as_str()] {
        let mut roles = Roles::start("prefix").await;
        roles.app.set_env("DATABASE_ROLE_PREFIX", prefix);
        let error = roles.app.invoke("Manage", json!({ "command": "migrate" })).await.unwrap_err();
        let sentence = "DATABASE_ROLE_PREFIX must have 1 to 47 letters, digits, \"_\" and \"-\".";
        assert_eq!(error.error_message, sentence, "{prefix}");
    }
}

#[tokio::test]
async fn alternating_rotation_fails_no_request() {
    let roles = Roles::start("rotation").await;
    roles.run("migrate").await;
    let first = roles.credentials(&roles.reader);
    let warm = roles.app_with(&roles.reader).await;
    let list = "/api/v1/theater/movies/";
    assert_eq!(warm.get(list).await.status, 404);

    for expected in ["rotation_reader_clone", "rotation_reader", "rotation_reader_clone"] {
        let before = roles.credentials(&roles.reader);
        let answer = roles.run("rotate").await;
        assert_eq!(answer["logins"][0], expected);
        let after = roles.credentials(&roles.reader);
        assert_eq!(after.0, expected);
        assert!(roles.connect(&before).await.is_ok(), "the previous password still works");
        assert!(roles.connect(&after).await.is_ok());
        // Open connections keep working; new ones use the cached secret, or fetch it again.
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
async fn in_place_rotation_keeps_names_and_fails_no_request() {
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
        // Sends requests that need a new connection, while the password changes.
        let requests = async {
            for _ in 0..10 {
                db.execute(ended).await.unwrap();
                assert_eq!(warm.get(list).await.status, 404);
            }
        };
        let (answer, ()) = tokio::join!(roles.run("rotate"), requests);
        assert_eq!(answer["logins"], Roles::logins("in_place", ""));
        let after = roles.credentials(&roles.reader);
        assert_eq!(after.0, before.0);
        assert!(roles.connect(&before).await.is_err(), "the previous password no longer works");
        assert!(roles.connect(&after).await.is_ok());
    }
    assert_eq!(warm.environments("ListMovies"), 1);
}

/// Returns how many times a client hashes the password of `login`.
async fn rounds(roles: &Roles, login: &str) -> String {
    let stored =
        "SELECT split_part(split_part(rolpassword, '$', 2), ':', 1) FROM pg_authid WHERE rolname = $1";
    sqlx::query_scalar(stored).bind(login).fetch_one(&mut roles.app.db().await).await.unwrap()
}

#[tokio::test]
async fn generated_passwords_need_one_round() {
    let roles = Roles::start("rounds").await;
    roles.run("migrate").await;
    assert_eq!(rounds(&roles, "rounds_reader").await, "4096", "a person may have chosen it");
    for command in ["rotate", "migrate"] {
        roles.run(command).await;
        assert_eq!(rounds(&roles, "rounds_reader_clone").await, "1", "{command}");
        assert!(roles.connect(&roles.credentials(&roles.reader)).await.is_ok());
    }
}

#[tokio::test]
async fn logins_of_proxy_have_usual_rounds_and_no_timeout() {
    let mut roles = Roles::start("proxied").await;
    roles.app.set_env("PASSWORD_ROTATION", "in-place");
    for command in ["migrate", "rotate", "migrate"] {
        roles.run(command).await;
        assert_eq!(rounds(&roles, "proxied_reader").await, "4096", "{command}");
        let mut login = roles.connect(&roles.credentials(&roles.reader)).await.unwrap();
        assert_eq!(setting(&mut login, "idle_session_timeout").await, "0");
    }
}

#[tokio::test]
async fn resting_environment_has_no_connection_and_writes_once() {
    let roles = Roles::start("rest").await;
    roles.run("migrate").await;
    let mut db = roles.app.db().await;
    // More than the second after which a connection is checked, as a minute is.
    db.execute("ALTER ROLE rest_writer SET idle_session_timeout = '1200ms'").await.unwrap();
    let functions = roles.app_with(&roles.secrets["writer"]).await;
    for name in ["Heat", "Ronin"] {
        let reply = movies::create(&functions, movies::body(name)).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        let is_closed = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'rest_writer')";
        poll::until(async || sqlx::query_scalar(is_closed).fetch_one(&mut db).await.unwrap()).await;
    }
    let names: Vec<String> =
        sqlx::query_scalar("SELECT name FROM movies ORDER BY id").fetch_all(&mut db).await.unwrap();
    assert_eq!(names, ["Heat", "Ronin"]);
    assert_eq!(functions.get("/api/v1/theater/movies/").await.status, 200);
    assert_eq!(functions.environments("CreateMovie"), 1, "the same environment served both");
}

#[tokio::test]
async fn unknown_rotation_strategy_changes_nothing() {
    let roles = Roles::start("kept").await;
    roles.run("migrate").await;
    let before = roles.credentials(&roles.reader);
    let app = roles.aws.used_by(App::builder()).env("PASSWORD_ROTATION", "perhaps");
    let app = app.env("READER_SECRET_ARN", &roles.reader).start().await;
    let error = app.invoke("Manage", json!({ "command": "rotate" })).await.unwrap_err();
    assert_eq!(error.error_message, "PASSWORD_ROTATION must be alternating or in-place.");
    assert_eq!(roles.credentials(&roles.reader), before);
    assert!(roles.connect(&before).await.is_ok());
}

#[tokio::test]
async fn concurrent_rotations_run_one_after_another() {
    let roles = Roles::start("turns").await;
    roles.run("migrate").await;
    tokio::join!(roles.run("rotate"), roles.run("rotate"), roles.run("rotate"));
    for arn in roles.secrets.values() {
        let credentials = roles.credentials(arn);
        assert!(credentials.0.ends_with("_clone"), "{}", credentials.0);
        assert!(roles.connect(&credentials).await.is_ok());
    }
}

#[tokio::test]
async fn migrate_waits_for_a_rotation_and_keeps_its_passwords() {
    let mut roles = Roles::start("beside").await;
    roles.app.set_env("PASSWORD_ROTATION", "in-place");
    roles.run("migrate").await;
    let mut db = roles.app.db().await;
    // A rotation stops here, before it stores the first password in a secret.
    db.execute("BEGIN; SELECT FROM pg_authid WHERE rolname = 'beside_reader' FOR UPDATE").await.unwrap();
    let beside = async {
        statements_wait(&roles.app, 1).await;
        let go_on = async {
            statements_wait(&roles.app, 2).await;
            db.execute("COMMIT").await.unwrap();
        };
        tokio::join!(roles.run("migrate"), go_on);
    };
    tokio::join!(roles.run("rotate"), beside);
    for arn in roles.secrets.values() {
        assert!(roles.connect(&roles.credentials(arn)).await.is_ok());
    }
}

#[tokio::test]
async fn unusable_secrets_are_named_and_change_nothing() {
    let roles = Roles::start("unusable").await;
    let replace = |value: &str| {
        let arguments = json!({ "SecretId": roles.secrets["accounts"], "SecretString": value });
        roles.aws.secrets_manager("PutSecretValue", &arguments);
    };
    for (value, reason) in [
        ("no JSON", "ACCOUNTS_SECRET_ARN holds no usable JSON"),
        (r#"{"username":"unusable_accounts","password":"é"}"#, "ACCOUNTS_SECRET_ARN holds a password that"),
    ] {
        replace(value);
        let error = roles.app.invoke("Manage", json!({ "command": "migrate" })).await.unwrap_err();
        assert!(error.error_message.starts_with(reason), "{}", error.error_message);
    }
    let app = App::start().await;
    let error = app.invoke("Manage", json!({ "command": "rotate" })).await.unwrap_err();
    let sentence = "None of READER_SECRET_ARN, WRITER_SECRET_ARN, ACCOUNTS_SECRET_ARN, ADMIN_SECRET_ARN, \
                    PROFILES_SECRET_ARN, MAIL_SECRET_ARN, PURGE_SECRET_ARN is set; there is nothing to rotate.";
    assert_eq!(error.error_message, sentence);
}

#[tokio::test]
async fn write_that_ran_out_of_time_does_not_happen_later() {
    let roles = Roles::start("late").await;
    roles.run("migrate").await;
    let functions = roles.builder_with(&roles.secrets["writer"]);
    let functions = functions.timeout("CreateMovie", Duration::from_secs(4)).start().await;
    let mut db = roles.app.db().await;
    db.execute("BEGIN; LOCK TABLE genres IN SHARE ROW EXCLUSIVE MODE").await.unwrap();
    assert_eq!(movies::create(&functions, movies::body("Heat")).await.status, 500);
    no_statement_waits(&roles.app).await;
    db.execute("COMMIT").await.unwrap();
    assert_eq!(movies::create(&functions, movies::body("Heat")).await.status, 201);
}
