//! The connection to the original, and its errors.

use serde_json::{Value, json};
use sqlx::Executor;

use super::{Original, everything};
use crate::support::{App, aws::Aws, runtime::FunctionError};

async fn adopt(app: &App, source: Value) -> Result<Value, FunctionError> {
    app.invoke("Manage", json!({ "command": "adopt", "source": source })).await
}

#[tokio::test]
async fn source_that_cannot_be_read_is_an_error_without_its_password() {
    let app = App::start().await;
    let before = everything(&app).await;
    let url = app.database().url();
    let (server, _) = url.rsplit_once('/').unwrap();
    for (source, expected) in [
        (json!(null), "\"source\" must be a URL that starts with postgres://"),
        (json!(5), "\"source\" must be a URL"),
        (json!("mysql://ann:open-sesame@localhost/movies"), "\"source\" must be a URL"),
        (
            json!("postgres://ann:open-sesame@localhost:x/movies"),
            "The URL of the original is not a PostgreSQL",
        ),
        (json!("postgres://ann:open-sesame@127.0.0.1:1/movies"), "The original cannot be reached"),
        (
            json!(format!("{server}/nothing_there")),
            "The original refused: database \"nothing_there\" does not exist",
        ),
        // A database of this service does not have the tables of the original.
        (json!(url), "activation_tokens.token, password_reset_tokens.token, refresh_tokens.token missing"),
    ] {
        let error = adopt(&app, source.clone()).await.unwrap_err();
        assert!(error.error_message.contains(expected), "{source}: {error:?}");
        assert!(!error.error_message.contains("open-sesame"), "{error:?}");
    }
    assert!(!app.logs("Manage").contains("open-sesame"));
    assert_eq!(everything(&app).await, before);
}

#[tokio::test]
async fn source_with_less_protection_than_demanded_is_refused() {
    let app = App::builder().env("DATABASE_TLS", "prefer").start().await;
    let original = Original::with(10).await;
    // The server of the tests has no certificate.
    let separator = if original.database.url().contains('?') { '&' } else { '?' };
    let source = json!(format!("{}{separator}sslmode=verify-full", original.database.url()));
    let error = adopt(&app, source).await.unwrap_err();
    assert!(error.error_message.starts_with("The original"), "{error:?}");
}

#[tokio::test]
async fn url_comes_from_a_secret() {
    let aws = Aws::shared();
    let original = Original::with(10).await;
    let value = json!({ "url": original.database.url() }).to_string();
    let arn = aws.create_secret("original", &value);
    let app = aws.used_by(App::builder()).env("ADOPT_SECRET_ARN", &arn).start().await;
    let command = json!({ "command": "adopt" });
    let answer = app.invoke("Manage", command.clone()).await.unwrap();
    assert_eq!(answer["tables"]["movies"]["new"], 10, "{answer}");

    aws.secrets_manager("PutSecretValue", &json!({ "SecretId": arn, "SecretString": "open-sesame" }));
    let error = app.invoke("Manage", command.clone()).await.unwrap_err();
    assert!(error.error_message.starts_with("ADOPT_SECRET_ARN holds no usable JSON"), "{error:?}");
    let app = App::start().await;
    let error = app.invoke("Manage", command).await.unwrap_err();
    assert_eq!(error.error_message, "\"source\" is missing, and ADOPT_SECRET_ARN is not set.");
}

#[tokio::test]
async fn login_that_may_only_read_is_enough() {
    let app = App::start().await;
    let mut original = Original::with(10).await;
    original
        .execute(
            "DO $$ BEGIN CREATE ROLE adopt_reader LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
             ALTER ROLE adopt_reader LOGIN PASSWORD 'a password of the reader';
             GRANT USAGE ON SCHEMA public TO adopt_reader;
             GRANT SELECT ON ALL TABLES IN SCHEMA public TO adopt_reader;
             REVOKE SELECT ON actors FROM adopt_reader",
        )
        .await;
    let options = original.database.options().clone();
    let options = options.username("adopt_reader").password("a password of the reader");
    let source = json!(sqlx::ConnectOptions::to_url_lossy(&options).to_string());
    let error = adopt(&app, source.clone()).await.unwrap_err();
    assert!(error.error_message.contains("actors.id, actors.name missing"), "{error:?}");
    original.execute("GRANT SELECT ON actors TO adopt_reader").await;
    assert_eq!(adopt(&app, source).await.unwrap()["tables"]["users"]["new"], 1);
    original.execute("DROP OWNED BY adopt_reader").await;
}

#[tokio::test]
async fn times_without_a_zone_are_reported_once() {
    let app = App::start().await;
    let mut original = Original::with(10).await;
    original
        .execute(
            "ALTER TABLE users ALTER created_at TYPE timestamp, ALTER updated_at TYPE timestamp;
             ALTER TABLE refresh_tokens ALTER expires_at TYPE timestamp",
        )
        .await;
    let error = adopt(&app, json!(original.database.url())).await.unwrap_err();
    assert_eq!(
        error.error_message,
        "The source has times without a time zone: users.created_at, users.updated_at, refresh_tokens.expires_at must \
         be timestamp with time zone. Nothing is stored."
    );
}

#[tokio::test]
async fn failure_in_the_middle_takes_nothing_over() {
    let app = App::start().await;
    let mut db = app.db().await;
    // The last statements of a run are those that link movies.
    db.execute("ALTER TABLE movies_languages ADD CHECK (movie_id < 90)").await.unwrap();
    let before = everything(&app).await;
    let original = Original::with(100).await;
    let error = adopt(&app, json!(original.database.url())).await.unwrap_err();
    assert!(error.error_message.contains("violates check constraint"), "{error:?}");
    assert_eq!(everything(&app).await, before);
    db.execute("ALTER TABLE movies_languages DROP CONSTRAINT movies_languages_movie_id_check").await.unwrap();
    original.adopt(&app).await;
}

#[tokio::test]
async fn two_runs_at_once_take_everything_over_once() {
    let app = App::start().await;
    let original = Original::with(200).await;
    let (one, two) = tokio::join!(original.adopt(&app), original.adopt(&app));
    let sum = |table: &str| super::counts(&one, table)[1] + super::counts(&two, table)[1];
    assert_eq!((sum("users"), sum("movies"), sum("refresh_tokens")), (20, 200, 20));
}
