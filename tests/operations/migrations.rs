//! Migrations that PostgreSQL does not run in a transaction.

use shared::database::migrations;
use sqlx::{
    Executor, PgConnection, SqlSafeStr,
    migrate::{MigrateError, Migration, MigrationType, Migrator},
};

use crate::support::{App, poll};

const TABLE: &str = "CREATE TABLE seats (number int); INSERT INTO seats VALUES (1), (1)";
const INDEX: &str =
    "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS seats_number ON seats (number);";

/// Returns a migration that creates a table with duplicates, and one that creates a unique index on it.
fn migrator() -> Migrator {
    let migration = |version, sql: &'static str, no_tx| {
        Migration::new(version, "seats".into(), MigrationType::Simple, sql.into_sql_str(), no_tx)
    };
    Migrator::with_migrations(vec![migration(1, TABLE, false), migration(2, INDEX, true)])
}

/// Drops the schema of an app's database and returns a connection.
async fn connect(app: &App) -> PgConnection {
    let mut db = app.db().await;
    db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public").await.unwrap();
    db
}

async fn migrate(db: &mut PgConnection) -> Result<(), MigrateError> {
    migrations::lock(db).await?;
    let outcome = migrations::run(db, &migrator()).await;
    db.execute("SELECT pg_advisory_unlock_all()").await.unwrap();
    outcome
}

/// Returns whether the index is valid, or `None` if it does not exist.
async fn index_is_valid(db: &mut PgConnection) -> Option<bool> {
    let question = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('seats_number')";
    sqlx::query_scalar(question).fetch_optional(db).await.unwrap()
}

async fn versions(db: &mut PgConnection) -> Vec<i64> {
    sqlx::query_scalar("SELECT version FROM _sqlx_migrations ORDER BY version").fetch_all(db).await.unwrap()
}

#[tokio::test]
async fn failed_concurrent_index_is_recreated() {
    let app = App::start().await;
    let mut db = connect(&app).await;
    for _ in 0..2 {
        let error = migrate(&mut db).await.unwrap_err();
        assert!(matches!(error, MigrateError::ExecuteMigration(_, 2)), "{error}");
        assert_eq!(index_is_valid(&mut db).await, Some(false));
        assert_eq!(versions(&mut db).await, [1]);
    }
    db.execute("DELETE FROM seats; INSERT INTO seats VALUES (1), (2)").await.unwrap();
    migrate(&mut db).await.unwrap();
    assert_eq!(index_is_valid(&mut db).await, Some(true));
    assert_eq!(versions(&mut db).await, [1, 2]);
}

#[tokio::test]
async fn existing_concurrent_index_is_kept() {
    let app = App::start().await;
    let mut db = connect(&app).await;
    migrate(&mut db).await.unwrap_err();
    db.execute("DELETE FROM seats; DROP INDEX seats_number").await.unwrap();
    db.execute("CREATE UNIQUE INDEX seats_number ON seats (number)").await.unwrap();
    let oid = "SELECT to_regclass('seats_number')::oid::bigint";
    let before: i64 = sqlx::query_scalar(oid).fetch_one(&mut db).await.unwrap();
    migrate(&mut db).await.unwrap();
    assert_eq!(sqlx::query_scalar::<_, i64>(oid).fetch_one(&mut db).await.unwrap(), before);
    assert_eq!(versions(&mut db).await, [1, 2]);
}

#[tokio::test]
async fn concurrent_index_is_created_despite_lock_waiters() {
    let app = App::start().await;
    let mut db = connect(&app).await;
    migrate(&mut db).await.unwrap_err();
    db.execute("DELETE FROM seats").await.unwrap();
    // A reader blocks the creation until the other sessions wait for the lock.
    let mut reader = app.db().await;
    reader.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM seats").await.unwrap();
    let (mut second, mut third) = (app.db().await, app.db().await);
    let end_reader = async {
        let mut watcher = app.db().await;
        let creating = "SELECT FROM pg_stat_activity WHERE query LIKE '%CONCURRENTLY%'
            AND wait_event = 'virtualxid' AND datname = current_database()";
        poll::until(async || sqlx::query(creating).fetch_optional(&mut watcher).await.unwrap().is_some())
            .await;
        reader.execute("ROLLBACK").await.unwrap();
    };
    let outcomes = tokio::join!(migrate(&mut db), migrate(&mut second), migrate(&mut third), end_reader);
    assert!(matches!(outcomes, (Ok(()), Ok(()), Ok(()), ())), "{outcomes:?}");
    assert_eq!(index_is_valid(&mut db).await, Some(true));
}
