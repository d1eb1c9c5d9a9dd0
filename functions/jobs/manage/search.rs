//! The search index of the catalogue.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use shared::{JobError, movies::search::index};
use sqlx::PgConnection;

/// The time that is reserved for what follows.
const RESERVE: Duration = Duration::from_secs(60);

/// The outcome of indexing.
pub struct Indexed {
    movies: u64,
    /// Whether all movies are indexed.
    pub is_complete: bool,
}

/// Indexes the movies that are not indexed yet, newest first, until a minute before `deadline`. The next call continues.
pub async fn index_missing(connection: &mut PgConnection, deadline: SystemTime) -> Result<Indexed, JobError> {
    let end = deadline.checked_sub(RESERVE).unwrap_or(deadline);
    let (movies, is_complete) = index::index_missing(connection, end).await?;
    if movies > 0 {
        sqlx::raw_sql("ANALYZE movie_search, name_words").execute(connection).await?;
    }
    tracing::info!(movies, is_complete, "indexed");
    Ok(Indexed { movies, is_complete })
}

/// Indexes movies like [`index_missing`]. When all are indexed, drops the column that the previous release searches.
pub async fn index(connection: &mut PgConnection, deadline: SystemTime) -> Result<Value, JobError> {
    let indexed = index_missing(&mut *connection, deadline).await?;
    if indexed.is_complete {
        // Other sessions queue behind a lock request.
        let statements = "SET lock_timeout = '5s'; ALTER TABLE movies DROP COLUMN IF EXISTS search";
        sqlx::raw_sql(statements).execute(connection).await?;
    }
    let mut answer = indexed.to_json();
    answer["command"] = json!("index-search");
    Ok(answer)
}

impl Indexed {
    /// Returns whether all movies were indexed before.
    pub fn was_complete(&self) -> bool {
        self.is_complete && self.movies == 0
    }

    /// Returns the outcome as JSON.
    pub fn to_json(&self) -> Value {
        json!({ "indexed": self.movies, "complete": self.is_complete })
    }
}
