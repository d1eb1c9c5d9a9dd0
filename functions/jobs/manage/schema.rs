//! Migrates the schema and reports its version.

use serde_json::{Value, json};
use shared::{
    JobError,
    database::migrations,
    logging::error_chain,
    logging::metrics::{Metric, Metrics},
};
use sqlx::{
    PgConnection,
    migrate::{AppliedMigration, Migrate, MigrateError, Migrator},
};

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Applies the missing migrations ([`migrations::run`]) and returns their versions. Waits for another process that
/// migrates at the same time.
///
/// Keeps a schema that is newer than this executable: migrations only add to what older code relies on, so that a
/// deployment can be rolled back.
pub async fn migrate(connection: &mut PgConnection) -> Result<Value, JobError> {
    // Locks before reading the list, so that it reports only its own migrations. The lock ends with the
    // connection, which closes after the command.
    migrations::lock(connection).await.map_err(failure)?;
    connection.ensure_migrations_table(&MIGRATIONS.table_name).await.map_err(failure)?;
    let before = applied(connection).await?;
    let before: Vec<i64> = before.iter().map(|migration| migration.version).collect();
    if before.iter().max() > Some(&newest()) {
        tracing::warn!(newest = newest(), "the schema is newer than this executable; nothing to do");
    } else {
        migrations::run(connection, &MIGRATIONS).await.map_err(failure)?;
    }
    let versions = MIGRATIONS.iter().map(|migration| migration.version);
    let applied_now: Vec<i64> = versions.filter(|version| !before.contains(version)).collect();
    let version = before.into_iter().max().max(Some(newest()));
    let metrics = Metrics::new([Metric::count("MigrationsApplied", applied_now.len() as f64)]);
    tracing::info!(version, _aws = %metrics, "migrated");
    Ok(json!({ "command": "migrate", "applied": applied_now, "version": version }))
}

/// Returns the schema's version (null if there is none), whether it is at least this executable's, and the number of
/// rows (null if the schema is too old to count them).
pub async fn status(connection: &mut PgConnection) -> Result<Value, JobError> {
    let version = applied(connection).await?.iter().map(|migration| migration.version).max();
    let up_to_date = version >= Some(newest());
    let counts = if up_to_date { Some(counts(connection).await?) } else { None };
    Ok(json!({ "command": "status", "version": version, "up_to_date": up_to_date, "counts": counts }))
}

/// Fails if the schema is older than this executable.
pub async fn require(connection: &mut PgConnection) -> Result<(), JobError> {
    match applied(connection).await?.iter().map(|migration| migration.version).max() {
        version if version >= Some(newest()) => Ok(()),
        _ => Err(JobError::Failed("The schema is not up to date; run the command migrate first.".into())),
    }
}

async fn counts(connection: &mut PgConnection) -> Result<Value, JobError> {
    let counts = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM users) AS "users!", (SELECT count(*) FROM movies) AS "movies!",
            (SELECT count(*) FROM genres) AS "genres!", (SELECT count(*) FROM actors) AS "actors!",
            (SELECT count(*) FROM countries) AS "countries!", (SELECT count(*) FROM languages) AS "languages!""#
    )
    .fetch_one(connection)
    .await?;
    Ok(json!({
        "users": counts.users,
        "movies": counts.movies,
        "genres": counts.genres,
        "actors": counts.actors,
        "countries": counts.countries,
        "languages": counts.languages,
    }))
}

/// Returns the applied migrations, none for an empty database.
async fn applied(connection: &mut PgConnection) -> Result<Vec<AppliedMigration>, JobError> {
    match connection.list_applied_migrations(&MIGRATIONS.table_name).await {
        Err(MigrateError::Execute(sqlx::Error::Database(error)))
            if error.code().as_deref() == Some(UNDEFINED_TABLE) =>
        {
            Ok(Vec::new())
        }
        outcome => outcome.map_err(failure),
    }
}

/// The code of "relation does not exist" (PostgreSQL manual, appendix A).
const UNDEFINED_TABLE: &str = "42P01";

fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or_default()
}

fn failure(error: MigrateError) -> JobError {
    match error {
        MigrateError::Execute(error) => error.into(),
        MigrateError::ExecuteMigration(error, version) => {
            let error = error_chain(&error);
            let is_transaction = !MIGRATIONS.iter().any(|found| found.version == version && found.no_tx);
            JobError::Failed(if is_transaction {
                format!("Migration {version} failed and was rolled back: {error}.")
            } else {
                format!("Migration {version}, which runs without a transaction, failed: {error}.")
            })
        }
        error => JobError::Failed(format!("The schema cannot be migrated: {error}.")),
    }
}
