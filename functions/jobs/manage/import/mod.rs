//! Imports a catalogue: adds the movies of a file that the database lacks, all of them or none.

pub mod copy;
mod encoding;
mod header;
mod lines;
mod links;
mod lists;
pub mod load;
mod movie;
pub mod reading;
mod rows;
mod source;
pub mod staging;

use movie::Rejection;
pub use movie::quoted;
use reading::ReadReport;
use serde_json::{Value, json};
use shared::JobError;
pub use source::Source;
use sqlx::PgConnection;

use crate::country::country_name;

/// How many rejected rows an error names.
const MAX_NAMED_ROWS: usize = 10;

/// Stores every movie of `source` that the catalogue lacks, and returns a report of the rows.
///
/// Rejects and describes invalid rows; fails if every row is invalid, with `strict` also if one is. Stores nothing if it
/// fails. With `dry_run` it stores nothing either, and returns the same report.
pub async fn import(
    connection: &mut PgConnection,
    source: Source,
    strict: bool,
    dry_run: bool,
) -> Result<Value, JobError> {
    let name = source.to_string();
    let (report, distinct) = staging::fill(connection, source).await?;
    if report.rejected > 0 && (strict || report.rejected == report.rows) {
        return Err(refused(&report));
    }
    let imported = if dry_run {
        load::count_new(connection).await?
    } else {
        load::store(connection, country_name).await?
    };
    Ok(json!({
        "command": "import",
        "dry_run": dry_run,
        "source": name,
        "format": report.format,
        "rows": report.rows,
        "imported": imported,
        "duplicates": report.rows - report.rejected - distinct,
        "already_present": distinct - imported,
        "rejected": report.rejected,
        "rejections": report.rejections.iter().map(Rejection::to_json).collect::<Vec<_>>(),
    }))
}

fn refused(report: &ReadReport) -> JobError {
    let named: Vec<_> = report.rejections.iter().take(MAX_NAMED_ROWS).map(Rejection::to_string).collect();
    let more = if report.rejected > MAX_NAMED_ROWS as u64 { "; and more" } else { "" };
    JobError::Failed(format!(
        "{} of {} rows are rejected, so nothing is stored: {}{more}.",
        report.rejected,
        report.rows,
        named.join("; "),
    ))
}

impl Rejection {
    fn to_json(&self) -> Value {
        json!({ "line": self.line, "field": self.field, "reason": self.reason })
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.field {
            Some(field) => write!(formatter, "line {}, {field}: {}", self.line, self.reason),
            None => write!(formatter, "line {}: the row {}", self.line, self.reason),
        }
    }
}
