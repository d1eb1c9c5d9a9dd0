//! Copies the valid rows of the original into temporary tables, before the run writes to other tables.

use std::time::Instant;

use shared::{
    JobError,
    json::Json,
    validation::{Fault, Field},
};
use sqlx::PgConnection;

use super::{
    CHUNK_SIZE,
    report::{Rejection, Report},
    rows::Rows,
    source::failure,
};
use crate::import::{copy::Buffer, quoted, staging::STAGED};

/// Movies go into the importer's table `staged`, with their id as the line.
const TABLES: &str = "
    CREATE TEMPORARY TABLE source_rows (kind adopted_kind NOT NULL, id bigint NOT NULL, PRIMARY KEY (kind, id));
    CREATE TEMPORARY TABLE source_hashes (token_hash bytea);
    CREATE TEMPORARY TABLE source_users (
        id bigint PRIMARY KEY,
        email text NOT NULL,
        hashed_password text NOT NULL,
        is_active boolean NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        user_group user_group NOT NULL
    );
    CREATE TEMPORARY TABLE source_profiles (
        id bigint PRIMARY KEY,
        user_id bigint NOT NULL,
        first_name text,
        last_name text,
        avatar text,
        gender gender,
        date_of_birth date,
        info text
    );
    CREATE TEMPORARY TABLE source_tokens (
        source text NOT NULL,
        id bigint NOT NULL,
        token_hash bytea NOT NULL,
        expires_at timestamptz NOT NULL,
        user_id bigint NOT NULL
    );
    CREATE TEMPORARY TABLE source_countries (id bigint PRIMARY KEY, code text NOT NULL, name text);
    CREATE TEMPORARY TABLE source_names (
        kind adopted_kind NOT NULL,
        id bigint NOT NULL,
        name text NOT NULL,
        PRIMARY KEY (kind, id)
    )";

/// Creates the temporary tables.
pub async fn create(connection: &mut PgConnection) -> sqlx::Result<()> {
    for tables in [TABLES, STAGED] {
        sqlx::raw_sql(tables).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Updates the statistics, because autovacuum skips temporary tables. Those of lists would take long and help little.
pub async fn analyze(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "ANALYZE source_rows, source_hashes, source_users, source_profiles, source_tokens, source_countries,
         source_names, staged (line, name, date)",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// A table of the original.
pub struct Table {
    /// Its name there, and in the report.
    pub name: &'static str,
    /// The query that gives its rows, with their `id`.
    pub query: &'static str,
    /// The temporary table of its valid rows.
    pub staging: &'static str,
    /// Whether a rejection quotes the value, because no value is personal or secret.
    pub quotes: bool,
    /// Validates a row and writes it for the temporary table.
    pub read: fn(i64, &Json<'_>, &mut Buffer) -> Result<(), Vec<Fault>>,
}

impl Table {
    /// Copies the valid rows of `original` into the temporary table of `target`.
    pub async fn stage(
        &self,
        original: &mut PgConnection,
        target: &mut PgConnection,
        report: &mut Report,
    ) -> Result<(), JobError> {
        let began = Instant::now();
        let statement = format!(
            "COPY (SELECT to_json(source) FROM ({}) AS source) TO STDOUT (FORMAT binary)",
            self.query
        );
        let mut rows = Rows::new(original.copy_out_raw(&statement).await.map_err(failure)?);
        let statement = format!("COPY {} FROM STDIN (FORMAT binary)", self.staging);
        let mut copy = target.copy_in_raw(&statement).await?;
        let mut buffer = Buffer::new();
        // After an error both connections close, in the middle of their statements.
        while let Some(row) = rows.next().await.map_err(failure)? {
            report.table(self.name).rows += 1;
            if let Err(rejection) = self.read(&row, &mut buffer) {
                report.reject(rejection);
            }
            if buffer.len() >= CHUNK_SIZE {
                copy.send(buffer.take()).await?;
            }
        }
        buffer.end();
        copy.send(buffer.take()).await?;
        copy.finish().await?;
        let rows = report.counts(self.name).rows;
        tracing::info!(rows, duration_ms = began.elapsed().as_millis() as u64, "read {}", self.name);
        Ok(())
    }

    fn read(&self, row: &[u8], buffer: &mut Buffer) -> Result<(), Rejection> {
        let rejection = |id, field, reason: String| Rejection { table: self.name, id, field, reason };
        let text = str::from_utf8(row).map_err(|_| rejection(None, None, "The row is not UTF-8".into()))?;
        let json = Json::parse(text)
            .map_err(|error| rejection(None, None, format!("The row cannot be read: {error}")))?;
        let id = json.get("id").and_then(|id| i64::read(id).ok());
        let id = id.ok_or_else(|| rejection(None, None, "The row has no id".into()))?;
        (self.read)(id, &json, buffer).map_err(|faults| match faults.first() {
            Some(fault) => rejection(Some(id), fault.field().map(str::to_owned), self.reason(&json, fault)),
            None => rejection(Some(id), None, "The row cannot be read".into()),
        })
    }

    /// Returns the reason of a rejection, with the value if the table allows it.
    fn reason(&self, row: &Json<'_>, fault: &Fault) -> String {
        let value = fault.field().filter(|_| self.quotes).and_then(|field| row.get(field));
        let value = match (value, fault.item()) {
            (Some(Json::Array(items)), Some(index)) => items.get(index),
            (value, _) => value,
        };
        match value {
            Some(Json::String(text)) if !text.is_empty() => format!("{}: {}", quoted(text), fault.message()),
            Some(Json::Number(number)) => format!("{}: {}", quoted(number), fault.message()),
            _ => fault.message().to_owned(),
        }
    }
}

/// Returns the object without members that are null, which no model accepts.
pub fn without_nulls<'a>(row: &Json<'a>) -> Json<'a> {
    match row {
        Json::Object(members) => {
            let members = members.iter().filter(|(_, value)| **value != Json::Null);
            Json::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}
