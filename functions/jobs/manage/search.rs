//! What movies are found by.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use shared::{JobError, movies::search::index};
use sqlx::PgConnection;

/// Time that is kept for what comes after indexing.
const RESERVE: Duration = Duration::from_secs(60);

/// What was indexed.
pub struct Indexed {
    movies: u64,
    is_complete: bool,
}

/// Indexes movies that are not, the newest first, until all are or until a minute before `deadline`. What is done stays
/// done, and the next call goes on with the rest.
pub async fn index_missing(connection: &mut PgConnection, deadline: SystemTime) -> Result<Indexed, JobError> {
    let end = deadline.checked_sub(RESERVE).unwrap_or(deadline);
    let (movies, is_complete) = index::index_missing(connection, end).await?;
    if movies > 0 {
        sqlx::raw_sql("ANALYZE movie_search, name_slips").execute(connection).await?;
    }
    tracing::info!(movies, is_complete, "indexed");
    Ok(Indexed { movies, is_complete })
}

/// Does the same, and then drops the column that the release before searched.
pub async fn index(connection: &mut PgConnection, deadline: SystemTime) -> Result<Value, JobError> {
    let indexed = index_missing(&mut *connection, deadline).await?;
    if indexed.is_complete {
        // Everybody else would wait behind a lock that is waited for.
        let statements = "SET lock_timeout = '5s'; ALTER TABLE movies DROP COLUMN IF EXISTS search";
        sqlx::raw_sql(statements).execute(connection).await?;
    }
    let mut answer = indexed.to_json();
    answer["command"] = json!("index-search");
    Ok(answer)
}

impl Indexed {
    /// Returns whether there was nothing to do.
    pub fn was_complete(&self) -> bool {
        self.is_complete && self.movies == 0
    }

    /// Returns what an answer says of it.
    pub fn to_json(&self) -> Value {
        json!({ "indexed": self.movies, "complete": self.is_complete })
    }
}
