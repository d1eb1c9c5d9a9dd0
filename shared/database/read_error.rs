//! The errors of a read.

use crate::{http::Error, validation::Fault};

/// Why a read failed.
#[derive(Debug)]
pub enum ReadError {
    /// The statement cannot use a value of the request: a data exception (class 22) or a program limit of the
    /// server (class 54). Validation should have rejected the value; this is the safety net.
    InvalidValue,

    /// The statement ran longer than the server's `statement_timeout` or the caller's limit.
    Timeout,

    /// Any other error.
    Failed(sqlx::Error),
}

/// SQLSTATE of a cancelled statement. Only `statement_timeout` cancels ours
/// ([PostgreSQL manual, appendix A](https://www.postgresql.org/docs/18/errcodes-appendix.html)).
const QUERY_CANCELED: &str = "57014";

/// Returns whether the statement took longer than `statement_timeout`.
pub fn is_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).as_deref() == Some(QUERY_CANCELED)
}

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.code()).as_deref() {
            Some(QUERY_CANCELED) => Self::Timeout,
            // The server's message contains the value, so only the code is logged.
            Some(sqlstate) if sqlstate.starts_with("22") || sqlstate.starts_with("54") => {
                tracing::warn!(sqlstate, "the database rejected a value that passed validation");
                Self::InvalidValue
            }
            _ => Self::Failed(error),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::InvalidValue => Self::Invalid(vec![Fault::invalid_for_database(None)]),
            ReadError::Timeout => Self::internal("the statement took too long"),
            ReadError::Failed(error) => Self::internal(error),
        }
    }
}
