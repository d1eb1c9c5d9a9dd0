//! Error responses.

use std::{borrow::Cow, error::Error as StdError};

use lambda_http::http::{
    HeaderValue, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde::Serialize;

use super::{Response, response::json_text};
use crate::{logging::error_chain, validation::Fault};

/// Detail of the 429 beyond a rate limit.
pub const TOO_MANY_ATTEMPTS: &str = "Too many attempts. Try again later.";

/// Why a request failed.
#[derive(Debug)]
pub enum Error {
    /// An error of the contract: `{"detail": "<sentence>"}` with this status.
    Status(StatusCode, Cow<'static, str>),

    /// The request needs a valid token: 401 with `WWW-Authenticate: Bearer`
    /// ([RFC 6750, section 3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
    Unauthorized(&'static str),

    /// Too many attempts: 429 with the seconds until the next one in `Retry-After`.
    TooManyAttempts(u32),

    /// The input does not validate: 422 with every fault.
    Invalid(Vec<Fault>),

    /// An error that the client did not cause: 500 with the endpoint's own sentence. Only the log contains
    /// the cause.
    Internal(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// The 405 for a path that exists.
    pub const METHOD_NOT_ALLOWED: Self =
        Self::Status(StatusCode::METHOD_NOT_ALLOWED, Cow::Borrowed("Method Not Allowed"));

    /// Returns a 400 with `detail`.
    pub fn bad_request(detail: &'static str) -> Self {
        Self::Status(StatusCode::BAD_REQUEST, detail.into())
    }

    /// Returns an error with `status` and `detail`.
    pub fn status(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Status(status, detail.into())
    }

    /// Returns a 404 with `detail`.
    pub fn not_found(detail: &'static str) -> Self {
        Self::Status(StatusCode::NOT_FOUND, detail.into())
    }

    /// Returns a 500 caused by `cause`.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Returns the response. `failure` is the detail of a 500. The response carries a [`FailureReason`] for
    /// the log.
    pub fn into_response(self, failure: &'static str) -> Response {
        let reason = self.reason(failure);
        let mut header = None;
        let (status, body) = match self {
            Self::TooManyAttempts(seconds) => {
                header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
                (StatusCode::TOO_MANY_REQUESTS, detail(TOO_MANY_ATTEMPTS))
            }
            Self::Unauthorized(sentence) => {
                header = Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
                (StatusCode::UNAUTHORIZED, detail(sentence))
            }
            Self::Status(status, sentence) => (status, detail(sentence)),
            Self::Invalid(faults) => (StatusCode::UNPROCESSABLE_ENTITY, detail(faults)),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, detail(failure)),
        };
        let mut response = json_text(status, body);
        response.headers_mut().extend(header);
        response.extensions_mut().insert(reason);
        response
    }

    fn reason(&self, failure: &'static str) -> FailureReason {
        let usual = |status: &StatusCode| status.canonical_reason().unwrap_or_default();
        let (detail, cause) = match self {
            Self::Status(_, Cow::Borrowed(detail)) | Self::Unauthorized(detail) => (*detail, None),
            // An owned sentence contains the client's input.
            Self::Status(status, Cow::Owned(_)) => (usual(status), None),
            Self::TooManyAttempts(_) => (TOO_MANY_ATTEMPTS, None),
            Self::Invalid(_) => (usual(&StatusCode::UNPROCESSABLE_ENTITY), None),
            Self::Internal(cause) => (failure, Some(error_chain(&**cause))),
        };
        FailureReason { detail, cause }
    }
}

/// Returns `{"detail": …}`. Does not build a `serde_json::Value`, which would interpret the client's input
/// inside a fault.
fn detail(detail: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Detail<T> {
        detail: T,
    }
    serde_json::to_string(&Detail { detail }).expect("sentences and faults are JSON")
}

/// Why a request failed, for the log and for metrics.
#[derive(Clone)]
pub struct FailureReason {
    /// The `detail` of the response, or the name of the status (RFC 9110) if the detail contains the client's
    /// input. The number of different values is small, because it is a dimension of metrics.
    pub detail: &'static str,
    /// The chain of errors behind a 500.
    pub cause: Option<String>,
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}
