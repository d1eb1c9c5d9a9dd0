//! Applies migrations, including those that PostgreSQL runs only outside a transaction, such as `CREATE INDEX
//! CONCURRENTLY` ([manual](https://www.postgresql.org/docs/current/sql-createindex.html)).

use std::time::Duration;

use sqlx::{
    AssertSqlSafe, PgConnection,
    migrate::{Migrate, MigrateError, Migrator},
};
use tokio::time::sleep;

/// The advisory lock of this database that one session at a time may hold.
const LOCK: i64 = 0x6d69_6772_6174_6573;

/// The pause between two attempts to take the lock.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the lock under which migrations are applied, and waits while another session holds it. The lock ends
/// with the session.
///
/// Polls instead of waiting inside PostgreSQL: a waiting statement holds a snapshot, and a `CREATE INDEX
/// CONCURRENTLY` in the session with the lock would wait for that snapshot.
pub async fn lock(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let attempt = "SELECT pg_try_advisory_lock($1)";
    while !sqlx::query_scalar::<_, bool>(attempt).bind(LOCK).fetch_one(&mut *connection).await? {
        sleep(PAUSE).await;
    }
    // Older releases take only sqlx's own lock.
    connection.lock().await
}

/// Applies, in order, the migrations of `migrator` that the database does not have. Each runs in its own
/// transaction unless its first line is `-- no-transaction`. The caller must hold [`lock`].
///
/// Fails at the first migration that fails. One without a transaction may leave an invalid index, which the
/// next run drops before it creates the index again.
pub async fn run(connection: &mut PgConnection, migrator: &Migrator) -> Result<(), MigrateError> {
    connection.ensure_migrations_table(&migrator.table_name).await?;
    let applied = connection.list_applied_migrations(&migrator.table_name).await?;
    for migration in migrator.iter().filter(|migration| migration.no_tx) {
        let is_pending = applied.iter().all(|applied| applied.version != migration.version);
        if let Some(index) = concurrent_index(migration.sql.as_str())
            && is_pending
        {
            drop_invalid(connection, index).await?;
        }
    }
    migrator.run_direct(None, connection, false).await
}

/// Drops the index of this name if its creation failed. Waits for a session that is creating it at the
/// moment.
async fn drop_invalid(connection: &mut PgConnection, index: &str) -> Result<(), MigrateError> {
    let question = "SELECT indexrelid::regclass::text,
            EXISTS (SELECT FROM pg_stat_progress_create_index AS running WHERE running.index_relid = indexrelid)
        FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid";
    loop {
        let invalid: Option<(String, bool)> =
            sqlx::query_as(question).bind(index).fetch_optional(&mut *connection).await?;
        let Some((name, is_being_created)) = invalid else { return Ok(()) };
        if is_being_created {
            sleep(PAUSE).await;
            continue;
        }
        tracing::warn!(index = name, "an index whose creation failed is dropped and created again");
        let statement = format!("DROP INDEX CONCURRENTLY IF EXISTS {name}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
    }
}

/// Returns the name of the index, as written in `sql`, if `sql` is a `CREATE INDEX CONCURRENTLY`.
fn concurrent_index(sql: &str) -> Option<&str> {
    let code = sql.lines().map(|line| line.split_once("--").map_or(line, |(code, _)| code));
    let mut words = code.flat_map(str::split_whitespace).filter(|word| !word.eq_ignore_ascii_case("UNIQUE"));
    for keyword in ["CREATE", "INDEX", "CONCURRENTLY", "IF", "NOT", "EXISTS"] {
        words.next().filter(|word| word.eq_ignore_ascii_case(keyword))?;
    }
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concurrent_index_statement_yields_index_name() {
        for (sql, name) in [
            ("CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c);", Some("a")),
            (
                "-- no-transaction\n-- Why.\ncreate unique index concurrently\n  if not exists \"A\" on b (c)",
                Some("\"A\""),
            ),
            ("CREATE INDEX CONCURRENTLY a ON b (c)", None),
            ("CREATE INDEX IF NOT EXISTS a ON b (c)", None),
            ("DROP INDEX CONCURRENTLY IF EXISTS a", None),
            ("-- CREATE INDEX CONCURRENTLY IF NOT EXISTS a ON b (c)\nVACUUM b", None),
            ("", None),
        ] {
            assert_eq!(concurrent_index(sql), name, "{sql}");
        }
    }

    #[test]
    fn migrations_without_transaction_are_repeatable() {
        for migration in sqlx::migrate!().iter().filter(|migration| migration.no_tx) {
            let sql = migration.sql.as_str();
            let code: String = sql.lines().filter(|line| !line.starts_with("--")).collect();
            let version = migration.version;
            assert!(
                !code.trim_end().trim_end_matches(';').contains(';'),
                "{version} has more than one statement"
            );
            let creates_index = code.trim_start().to_uppercase().starts_with("CREATE");
            assert!(
                !creates_index || concurrent_index(sql).is_some(),
                "{version} needs IF NOT EXISTS and a name"
            );
        }
    }
}
