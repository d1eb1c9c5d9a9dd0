//! Searches movies by words of their names and overviews.

mod document;
mod fold;
pub mod index;
mod query;
mod slips;

pub use document::Document;
pub use query::{Search, SearchQuery};
pub(super) use slips::correct;

use sqlx::{Connection, PgConnection, Postgres, Transaction};

/// How the planner chooses among the plans of a search.
#[derive(Clone, Copy)]
pub(super) enum Plan {
    /// By its own estimates. A sequential scan finds 10,000 movies of a frequent word in no time. Words that are
    /// frequent and seldom together mislead it, so this plan has a short time.
    Estimated,
    /// Only by the index, which is slower for frequent words, but never by much.
    Indexed,
}

impl Plan {
    /// Starts a transaction whose statements follow the plan, in one round trip. A statement takes two seconds at most by
    /// both plans together, whatever `statement_timeout` the login has. `force_custom_plan` lets the planner see the words
    /// although the statements are prepared.
    pub async fn begin(self, connection: &mut PgConnection) -> sqlx::Result<Transaction<'_, Postgres>> {
        let begin = match self {
            Self::Estimated => {
                "BEGIN; SET LOCAL statement_timeout = '500ms'; SET LOCAL plan_cache_mode = force_custom_plan;
                 SET LOCAL jit = off"
            }
            Self::Indexed => {
                "BEGIN; SET LOCAL statement_timeout = '1500ms'; SET LOCAL plan_cache_mode = force_custom_plan;
                 SET LOCAL jit = off; SET LOCAL enable_seqscan = off"
            }
        };
        connection.begin_with(begin).await
    }
}

impl Search {
    /// Returns whether a movie has the words, regardless of other filters.
    pub(super) async fn exists(&self, connection: &mut PgConnection) -> sqlx::Result<bool> {
        let question = "SELECT EXISTS (SELECT FROM movie_search WHERE search @@ $1::text::tsquery)";
        sqlx::query_scalar(question).bind(&self.all).fetch_one(connection).await
    }
}
