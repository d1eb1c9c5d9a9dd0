//! `manage`: the schema, its status, and invalid events.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};
use sqlx::Executor;

use crate::support::{
    App, catalogue, executables::executables, locks::no_statement_waits, runtime::FunctionError,
    service::Service, template::Template,
};

/// Starts an app whose database has no schema yet.
async fn without_schema() -> App {
    let app = App::start().await;
    app.db().await.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    app
}

async fn run(app: &App, command: &str) -> Result<Value, FunctionError> {
    app.invoke("Manage", json!({ "command": command })).await
}

/// Returns the versions of the files in `migrations/`.
fn versions() -> Vec<i64> {
    let files = std::fs::read_dir(xtask::root().join("migrations")).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let versions: BTreeSet<i64> =
        names.map(|name| name.split_once('_').unwrap().0.parse().unwrap()).collect();
    versions.into_iter().collect()
}

#[tokio::test]
async fn repeated_migrate_applies_each_migration_once() {
    let app = without_schema().await;
    let newest = *versions().last().unwrap();
    assert_eq!(
        run(&app, "migrate").await.unwrap(),
        json!({"command": "migrate", "applied": versions(), "version": newest, "logins": []})
    );
    assert_eq!(
        run(&app, "migrate").await.unwrap(),
        json!({"command": "migrate", "applied": [], "version": newest, "logins": []})
    );
}

#[tokio::test]
async fn concurrent_migrate_applies_each_migration_once() {
    let app = without_schema().await;
    let (one, two, three) = tokio::join!(run(&app, "migrate"), run(&app, "migrate"), run(&app, "migrate"));
    let mut applied = Vec::new();
    for answer in [one, two, three] {
        applied.extend(
            answer.unwrap()["applied"].as_array().unwrap().iter().map(|version| version.as_i64().unwrap()),
        );
    }
    assert_eq!(app.environments("Manage"), 3);
    assert_eq!(applied, versions());
}

#[tokio::test]
async fn failed_migration_is_rolled_back_and_repeatable() {
    let app = without_schema().await;
    // A table of the second migration already exists, so it fails after its first statements.
    app.db().await.execute("CREATE TABLE languages (mine text)").await.unwrap();
    let error = run(&app, "migrate").await.unwrap_err();
    assert!(error.error_message.contains("Migration 2"), "{error:?}");
    assert!(error.error_message.contains("languages"), "{error:?}");
    assert_eq!(run(&app, "status").await.unwrap()["version"], 1);

    app.db().await.execute("DROP TABLE languages").await.unwrap();
    let applied = run(&app, "migrate").await.unwrap()["applied"].clone();
    assert_eq!(applied, json!(versions()[1..]));
}

#[tokio::test]
async fn migrate_keeps_newer_schema() {
    let app = App::start().await;
    let statement = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        VALUES (99999, 'of tomorrow', true, '', 0)";
    app.db().await.execute(statement).await.unwrap();
    assert_eq!(
        run(&app, "migrate").await.unwrap(),
        json!({"command": "migrate", "applied": [], "version": 99999, "logins": []})
    );
    assert_eq!(run(&app, "status").await.unwrap()["up_to_date"], true);
}

#[tokio::test]
async fn status_counts_stored_rows() {
    let app = App::start().await;
    let mut db = app.db().await;
    let movie = catalogue::movie(&mut db, "Heat").await;
    catalogue::movies(&mut db, 2).await;
    for name in ["Crime", "Drama", "Thriller"] {
        catalogue::add(&mut db, movie, catalogue::List::Genres, name).await;
    }
    catalogue::add(&mut db, movie, catalogue::List::Languages, "English").await;
    assert_eq!(
        run(&app, "status").await.unwrap(),
        json!({
            "command": "status",
            "version": versions().last(),
            "up_to_date": true,
            "counts": {"users": 0, "movies": 3, "genres": 3, "actors": 0, "countries": 2, "languages": 1},
        })
    );
}

#[tokio::test]
async fn status_import_and_adopt_without_schema_report_it() {
    let app = without_schema().await;
    assert_eq!(
        run(&app, "status").await.unwrap(),
        json!({"command": "status", "version": null, "up_to_date": false, "counts": null})
    );
    let import = json!({"command": "import"});
    let adopt = json!({"command": "adopt", "source": app.database().url(), "dry_run": true});
    for event in [import, adopt] {
        let error = app.invoke("Manage", event).await.unwrap_err();
        assert!(error.error_message.contains("run the command migrate first"), "{error:?}");
    }
}

#[tokio::test]
async fn unknown_commands_are_rejected() {
    let app = App::start().await;
    let commands = "The commands are: migrate, index-search, import, adopt, rename, merge, remove-unused, users, \
                    events, grant, disable, enable, end-sessions, delete, allow-mail, rotate, status.";
    for (event, sentences) in [
        (json!({"command": "destroy"}), ["\"destroy\"", commands]),
        (json!({"command": "Status"}), ["\"Status\"", commands]),
        (json!({"command": 7}), ["\"command\" must be a string, not 7", commands]),
        (json!({"command": null}), ["\"command\" must be a string, not null", commands]),
        (json!({}), ["\"command\" is missing", commands]),
        (json!([]), ["must be an object", commands]),
        (json!("status"), ["must be an object", commands]),
        (json!(12345678901234567890u64), ["must be an object", commands]),
        (json!({"command": "status", "deep": true}), ["Unknown argument \"deep\"", "takes no arguments"]),
        (json!({"command": "migrate", "to": 1}), ["Unknown argument \"to\"", "takes no arguments"]),
        (
            json!({"command": "import", "path": "/x"}),
            ["Unknown argument \"path\"", "\"source\", \"strict\" and \"dry_run\""],
        ),
        (json!({"command": "import", "source": 1}), ["\"source\" must be", "not 1"]),
        (json!({"command": "import", "source": ""}), ["\"source\" must be", "s3://bucket/key"]),
        (json!({"command": "import", "source": "movies.csv"}), ["\"source\" must be", "absolute path"]),
        (json!({"command": "import", "source": "s3://bucket"}), ["\"source\" must be", "s3://bucket/key"]),
        (json!({"command": "import", "source": "s3:///key"}), ["\"source\" must be", "s3://bucket/key"]),
        (json!({"command": "import", "strict": "yes"}), ["\"strict\" must be true or false", "\"yes\""]),
        (json!({"command": "import", "strict": 1}), ["\"strict\" must be true or false", "not 1"]),
    ] {
        let error = app.invoke("Manage", event.clone()).await.unwrap_err();
        assert_eq!(error.error_type, "InvalidEvent", "{event}");
        for sentence in sentences {
            assert!(error.error_message.contains(sentence), "{event}: {error:?}");
        }
    }
    assert_eq!(app.environments("Manage"), 1, "an error ends no process");
}

#[tokio::test]
async fn unreachable_database_error_omits_secrets() {
    let app = App::builder().env("DATABASE_URL", "postgres://somebody:hush@127.0.0.1:1/movies").start().await;
    for _ in 0..2 {
        let error = run(&app, "status").await.unwrap_err();
        assert!(error.error_message.contains("cannot be reached"), "{error:?}");
        assert!(!error.error_message.contains("hush"), "{error:?}");
    }
    assert!(!app.logs("Manage").contains("hush"));
    assert_eq!(app.environments("Manage"), 1);
}

#[tokio::test]
async fn missing_setting_is_reported_without_crash() {
    let app = App::builder().env("DATABASE_URL", "").start().await;
    for _ in 0..2 {
        let error = run(&app, "migrate").await.unwrap_err();
        assert!(error.error_message.contains("POSTGRES_HOST is not set"), "{error:?}");
    }
    assert_eq!(app.environments("Manage"), 1);
}

/// Returns the app's Manage with a shorter timeout than in the template.
fn hurried(app: &App, timeout: Duration) -> Service {
    let mut template = Template::parse(include_str!("../../template.yaml")).unwrap();
    template.functions.get_mut("Manage").unwrap().timeout = timeout;
    let mut service = Service::new(template, executables());
    service.set_env("DATABASE_TLS", "prefer");
    service.set_env("DATABASE_URL", &app.database().url());
    service
}

#[tokio::test]
async fn command_timeout_reports_error_and_releases_locks() {
    let app = App::start().await;
    let service = hurried(&app, Duration::from_secs(2));
    let mut db = app.db().await;
    db.execute("BEGIN; LOCK TABLE movies").await.unwrap();
    for command in ["status", "import"] {
        let error = service.invoke("Manage", json!({ "command": command })).await.unwrap_err();
        assert_eq!(error.error_message, "Given up: the function's time ran out.", "{command}");
    }
    assert_eq!(service.environments("Manage"), 1);

    // The sessions end although they still wait for the lock.
    no_statement_waits(&app).await;
    db.execute("ROLLBACK").await.unwrap();
    service.invoke("Manage", json!({"command": "status"})).await.expect("the process still answers");
    assert_eq!(app.invoke("Manage", json!({"command": "import"})).await.unwrap()["rejected"], 0);
}

#[tokio::test]
async fn invocation_key_is_required_when_set() {
    let app = App::builder().env("INVOCATION_KEY", "a key of this test").start().await;
    let event = json!({ "command": "status" });
    for refused in [
        event.clone(),
        json!({ "event": event }),
        json!({ "key": "a key of another", "event": event }),
        json!({ "key": null, "event": event }),
        json!([]),
    ] {
        for function in ["Manage", "SendMail", "PurgeTokens", "MailFeedback"] {
            let error = app.invoke(function, refused.clone()).await.unwrap_err();
            // send_mail has no mail settings here, so it fails with that error.
            if function != "SendMail" {
                assert_eq!(error.error_type, "InvalidEvent", "{refused}");
                assert!(error.error_message.contains("INVOCATION_KEY"), "{error:?}");
            }
        }
    }
    let answer = app.invoke("Manage", json!({ "key": "a key of this test", "event": event })).await.unwrap();
    assert_eq!(answer["command"], "status");
    assert!(app.invoke("PurgeTokens", json!({ "key": "a key of this test" })).await.is_ok());
}
