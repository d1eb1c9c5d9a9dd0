//! Why a reading statement gave nothing.

use crate::{http::Error, validation::Fault};

/// Why a reading statement gave nothing.
#[derive(Debug)]
pub enum ReadError {
    /// A value of the request is none that the statement can work with: a data exception (class 22) or a limit of
    /// the server (class 54). Each is a gap in our own reading of requests, and this is the net below it.
    InvalidValue,

    /// It took too long: longer than the server's `statement_timeout`, or than the caller waits.
    Timeout,

    /// Anything else.
    Failed(sqlx::Error),
}

/// SQLSTATE of a statement that was ended; only `statement_timeout` ends ours
/// ([PostgreSQL manual, appendix A](https://www.postgresql.org/docs/18/errcodes-appendix.html)).
const QUERY_CANCELED: &str = "57014";

impl From<sqlx::Error> for ReadError {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().and_then(|error| error.code()).as_deref() {
            Some(QUERY_CANCELED) => Self::Timeout,
            // The server's message repeats the value, so the log gets the code alone.
            Some(sqlstate) if sqlstate.starts_with("22") || sqlstate.starts_with("54") => {
                tracing::warn!(sqlstate, "the database refused a value that was taken for valid");
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
