//! Copies the valid rows of a file into a temporary table, before the import writes to the catalogue.

use std::time::Instant;

use shared::JobError;
use sqlx::PgConnection;
use tokio::{sync::mpsc::channel, task::spawn_blocking};
use tracing::Span;

use super::{
    reading::{self, ReadReport},
    source::Source,
};

/// The table of every valid row.
pub const STAGED: &str = "
    CREATE TEMPORARY TABLE staged (
        line bigint PRIMARY KEY,
        name text NOT NULL,
        date date NOT NULL,
        score double precision NOT NULL,
        overview text NOT NULL,
        status movie_status NOT NULL,
        budget bigint NOT NULL,
        revenue double precision NOT NULL,
        country text NOT NULL,
        genres text[] NOT NULL,
        actors text[] NOT NULL,
        languages text[] NOT NULL,
        search_key text NOT NULL,
        search_words tsvector NOT NULL,
        name_words text[] NOT NULL
    )";

/// The table of the first row of each name and date.
const KEPT: &str =
    "CREATE TEMPORARY TABLE kept (line bigint PRIMARY KEY, name text NOT NULL, date date NOT NULL)";

/// Reads `source` into the table `staged`, and its distinct movies into `kept`. Returns the report of the rows, and the
/// number of distinct movies.
pub async fn fill(connection: &mut PgConnection, source: Source) -> Result<(ReadReport, u64), JobError> {
    let (reader, size) = source.open().await?;
    let began = Instant::now();
    for table in [STAGED, KEPT] {
        sqlx::raw_sql(table).execute(&mut *connection).await?;
    }

    // A small channel, so that memory does not grow with the file if the database is slow.
    let (sender, mut chunks) = channel(4);
    let span = Span::current();
    let reading = spawn_blocking(move || span.in_scope(|| reading::read(&source, reader, size, &sender)));
    let mut copy = connection.copy_in_raw("COPY staged FROM STDIN (FORMAT binary)").await?;
    while let Some(chunk) = chunks.recv().await {
        copy.send(chunk).await?;
    }
    let report = match reading.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())) {
        Ok(report) => report,
        Err(error) => {
            copy.abort("the file cannot be read").await?;
            return Err(error);
        }
    };
    copy.finish().await?;
    tracing::info!(rows = report.rows, duration_ms = began.elapsed().as_millis() as u64, "read");

    let began = Instant::now();
    // Autovacuum skips temporary tables. The statistics of lists would take long and help little.
    sqlx::raw_sql("ANALYZE staged (line, name, date)").execute(&mut *connection).await?;
    let distinct =
        sqlx::query("INSERT INTO kept SELECT min(line), name, date FROM staged GROUP BY name, date")
            .execute(&mut *connection)
            .await?
            .rows_affected();
    sqlx::raw_sql("ANALYZE kept").execute(&mut *connection).await?;
    tracing::info!(distinct, duration_ms = began.elapsed().as_millis() as u64, "sorted out duplicates");
    Ok((report, distinct))
}
