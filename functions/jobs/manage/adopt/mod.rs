//! Takes over a database of the original service: accounts, profiles, tokens and the catalogue, with their ids.
//!
//! Reads the original in one snapshot, validates each row as the API does, and copies the valid ones into temporary
//! tables. Then one transaction stores the rows that are new or have changed since the last run. `adopted_rows` has
//! digests of what was taken over, so that a run does not undo changes that were made here.

mod accounts;
mod countries;
mod movies;
mod names;
mod original;
mod present;
mod profiles;
mod report;
mod rows;
mod settle;
mod source;
mod staging;
mod tokens;

use std::{
    collections::BTreeMap,
    time::{Instant, SystemTime},
};

use report::Report;
use serde_json::{Value, json};
use shared::{JobError, secrets::Secrets};
pub use source::Source;
use sqlx::{Connection, PgConnection, Postgres, Transaction};
use staging::Table;

use crate::import::load;

/// The tables of the original, in the order in which they are read.
const TABLES: [Table; 10] = [
    accounts::USERS,
    profiles::PROFILES,
    tokens::ACTIVATION_TOKENS,
    tokens::PASSWORD_RESET_TOKENS,
    tokens::REFRESH_TOKENS,
    countries::COUNTRIES,
    names::GENRES,
    names::ACTORS,
    names::LANGUAGES,
    movies::MOVIES,
];

/// The codes of "serialization failure", "deadlock detected", "unique violation" and "foreign key violation" (PostgreSQL
/// manual, appendix A). The last two mean that a request stored the same value, or deleted a user, between two statements.
const RETRYABLE_ERRORS: [&str; 4] = ["40001", "40P01", "23505", "23503"];

/// The number of bytes that are sent at once.
const CHUNK_SIZE: usize = 1 << 16;

/// Options of the command.
#[derive(Clone, Copy)]
pub struct Options {
    /// Whether to delete accounts, profiles and movies that are gone from the original.
    pub remove: bool,
    /// Whether to report only.
    pub dry_run: bool,
}

/// Stores the rows of the original that are new or have changed, and returns a report. Stores nothing if it fails.
pub async fn adopt(
    connection: &mut PgConnection,
    source: Source,
    options: Options,
    secrets: &Secrets,
    deadline: SystemTime,
) -> Result<Value, JobError> {
    let mut report = Report::default();
    let name = {
        let mut original = source.open(secrets, deadline).await?;
        staging::create(connection).await?;
        original::require(&mut original.connection).await?;
        present::read(&mut original.connection, connection).await?;
        for table in &TABLES {
            table.stage(&mut original.connection, connection, &mut report).await?;
        }
        // An open snapshot would keep the original's vacuum from removing dead rows.
        original.connection.close().await.map_err(source::failure)?;
        original.name
    };
    staging::analyze(connection).await?;
    let report = store(connection, options, &report).await?;
    Ok(json!({
        "command": "adopt",
        "source": name,
        "dry_run": options.dry_run,
        "tables": BTreeMap::from_iter(TABLES.map(|table| (table.name, report.counts(table.name)))),
        "rejected": report.rejected(),
        "rejections": report.rejections(),
        "gone": report.gone(),
    }))
}

/// Why an attempt failed.
enum Failure {
    /// The database failed.
    Database(sqlx::Error),
    /// The rows that exist here do not allow it.
    Conflict(String),
    /// A request stored one of the movies between two statements.
    Raced,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error)
    }
}

impl From<Failure> for JobError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Database(error) => error.into(),
            Failure::Conflict(sentence) => Self::Failed(sentence),
            Failure::Raced => Self::Failed(
                "Other writers stored the same movies again and again. Nothing is stored.".into(),
            ),
        }
    }
}

async fn store(connection: &mut PgConnection, options: Options, read: &Report) -> Result<Report, JobError> {
    let mut attempts = 3;
    loop {
        attempts -= 1;
        let mut report = read.clone();
        let failure = match attempt(connection, options, &mut report).await {
            Ok(()) => return Ok(report),
            Err(failure) => failure,
        };
        let is_temporary = match &failure {
            Failure::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| RETRYABLE_ERRORS.contains(&&*code))
            }
            Failure::Database(_) | Failure::Conflict(_) => false,
            Failure::Raced => true,
        };
        if attempts == 0 || !is_temporary {
            return Err(failure.into());
        }
        tracing::warn!(attempts, "retrying the transaction");
    }
}

async fn attempt(
    connection: &mut PgConnection,
    options: Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let began = Instant::now();
    let mut transaction = load::begin(connection).await?;
    if !options.dry_run {
        settle::advance_ids(&mut transaction).await?;
    }
    settle::find_changes(&mut transaction).await?;
    settle::handle_gone(&mut transaction, options.remove, report).await?;
    settle::reject(&mut transaction, report).await?;
    settle::require_free_ids(&mut transaction).await?;
    accounts::store(&mut transaction, report).await?;
    tokens::store(&mut transaction, report).await?;
    profiles::store(&mut transaction, report).await?;
    countries::store(&mut transaction, report).await?;
    names::store(&mut transaction, report).await?;
    let movies = movies::store(&mut transaction, report).await?;
    remember(&mut transaction).await?;
    sqlx::query!("INSERT INTO events (action) VALUES ('database_adopted')")
        .execute(&mut *transaction)
        .await?;
    if options.dry_run {
        transaction.rollback().await?
    } else {
        load::commit(transaction, movies).await?
    }
    tracing::info!(duration_ms = began.elapsed().as_millis() as u64, "stored what is new or has changed");
    Ok(())
}

/// Records what was taken over.
async fn remember(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "INSERT INTO adopted_users (id) SELECT id FROM source_users ON CONFLICT DO NOTHING;
         INSERT INTO adopted_rows (kind, id, digest, user_id, profile_id)
         SELECT kind, change.id, digest, change.user_id, user_profiles.id
         FROM source_changes AS change
             LEFT JOIN user_profiles ON kind = 'profile' AND user_profiles.user_id = change.user_id
         ON CONFLICT (kind, id) DO UPDATE SET digest = excluded.digest",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
