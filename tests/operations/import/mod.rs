//! The importer of catalogues.

mod concurrency;
mod empty;
mod faults;
mod files;
mod kinds;
mod object_storage;
mod rules;
mod seed;

use std::io::Write;

use serde_json::{Value, json};
use sqlx::Row;
use tempfile::NamedTempFile;

use crate::support::{App, runtime::FunctionError};

const HEADER: &str =
    "names,date_x,score,genre,overview,crew,orig_title,status,orig_lang,budget_x,revenue,country";

/// Writes a file with these bytes.
fn file(bytes: impl AsRef<[u8]>) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes.as_ref()).unwrap();
    file
}

/// Writes a file with the header and these rows.
fn csv<T: AsRef<str>>(rows: &[T]) -> NamedTempFile {
    let rows: Vec<&str> = std::iter::once(HEADER).chain(rows.iter().map(AsRef::as_ref)).collect();
    file(rows.join("\n") + "\n")
}

/// Returns a valid row with some `values` replaced, by column.
fn row(values: &[(&str, &str)]) -> String {
    let good = [
        "Heat",
        "12/15/1995",
        "83",
        "Crime",
        "A thief.",
        "Al Pacino",
        "Heat",
        "Released",
        "English",
        "60000000",
        "187436818",
        "US",
    ];
    let columns: Vec<&str> = HEADER.split(',').collect();
    for (column, _) in values {
        assert!(columns.contains(column), "{column}");
    }
    let value = |(column, good): (&&str, &str)| {
        let value = values.iter().find(|(name, _)| name == column).map_or(good, |(_, value)| value);
        format!("\"{}\"", value.replace('"', "\"\""))
    };
    columns.iter().zip(good).map(value).collect::<Vec<_>>().join(",")
}

async fn import(app: &App, file: &NamedTempFile) -> Result<Value, FunctionError> {
    app.invoke("Manage", json!({"command": "import", "source": file.path()})).await
}

/// Returns the whole catalogue and the state of its id sequences, as one text.
async fn everything(app: &App) -> String {
    let mut db = app.db().await;
    let mut all = String::new();
    for table in [
        "countries",
        "genres",
        "actors",
        "languages",
        "movies",
        "movies_genres",
        "actors_movies",
        "movies_languages",
    ] {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {table}::text FROM {table} ORDER BY 1")));
        for row in rows.fetch_all(&mut db).await.unwrap() {
            all += &format!("{table} {}\n", row.get::<String, _>(0));
        }
    }
    let ids = sqlx::query_scalar::<_, String>(
        "SELECT string_agg(sequencename || ' ' || coalesce(last_value, 0), ', ' ORDER BY sequencename) FROM pg_sequences",
    );
    all += &ids.fetch_one(&mut db).await.unwrap();
    let counted: i64 =
        sqlx::query_scalar("SELECT movies FROM movie_counts").fetch_one(&mut db).await.unwrap();
    let stored: i64 = sqlx::query_scalar("SELECT count(*) FROM movies").fetch_one(&mut db).await.unwrap();
    assert_eq!(counted, stored, "the counters hold the number of movies");
    all
}
