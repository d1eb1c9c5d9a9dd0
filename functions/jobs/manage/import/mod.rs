//! Importing a catalogue: what a file adds to what is stored, all of it or nothing.

mod copy;
mod header;
mod lines;
mod load;
mod movie;
mod reading;
mod rows;
mod source;
mod staging;

use movie::Rejection;
use reading::ReadReport;
use serde_json::{Value, json};
use shared::JobError;
pub use source::Source;
use sqlx::PgConnection;

/// How many rejected rows an error names.
const MAX_NAMED_ROWS: usize = 10;

/// Stores every movie of `source` that the catalogue lacks, and answers how each row fared.
///
/// Rows that are no movies are rejected and described; with `strict`, any of them is an error. An error stores
/// nothing.
pub async fn import(connection: &mut PgConnection, source: Source, strict: bool) -> Result<Value, JobError> {
    let name = source.to_string();
    let (report, distinct) = staging::fill(connection, source).await?;
    if strict && report.rejected > 0 {
        return Err(refused(&report));
    }
    let imported = load::store(connection, country_name).await?;
    Ok(json!({
        "command": "import",
        "source": name,
        "rows": report.rows,
        "imported": imported,
        "duplicates": report.rows - report.rejected - distinct,
        "already_present": distinct - imported,
        "rejected": report.rejected,
        "rejections": report.rejections.iter().map(Rejection::to_json).collect::<Vec<_>>(),
    }))
}

/// The English name that ISO 3166 gives to a code of two or three letters.
fn country_name(code: &str) -> Option<&'static str> {
    let country = rust_iso3166::from_alpha2(code).or_else(|| rust_iso3166::from_alpha3(code));
    country.map(|country| country.name)
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
        match self.field {
            Some(field) => write!(formatter, "line {}, {field}: {}", self.line, self.reason),
            None => write!(formatter, "line {}: the row {}", self.line, self.reason),
        }
    }
}
