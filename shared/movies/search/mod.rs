//! Searching movies by words of their names and overviews.

mod document;
mod fold;
pub mod index;
mod query;
mod slips;

pub use document::Document;
pub use query::{Query, Search};
pub use slips::correct;

use sqlx::{Connection, PgConnection, Postgres, Transaction};

/// How a search works, in one round trip: no statement longer than two seconds, whatever the login allows. The planner
/// gets to know the words, and never reads all movies where it takes them for frequent.
const BEGIN: &str =
    "BEGIN; SET LOCAL statement_timeout = '2s'; SET LOCAL plan_cache_mode = force_custom_plan;
    SET LOCAL enable_seqscan = off; SET LOCAL jit = off";

/// Begins the transaction of a search.
pub(super) async fn begin(connection: &mut PgConnection) -> sqlx::Result<Transaction<'_, Postgres>> {
    connection.begin_with(BEGIN).await
}

impl Search {
    /// Returns whether some movie has the words, whatever the other filters.
    pub(super) async fn exists(&self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        let question =
            r#"SELECT EXISTS (SELECT FROM movie_search WHERE search @@ $1::text::tsquery) AS "exists!""#;
        sqlx::query_scalar(question).bind(&self.all).fetch_one(connection).await
    }
}
