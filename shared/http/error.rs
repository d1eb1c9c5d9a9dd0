//! Everything that an endpoint answers instead of success.

use std::{borrow::Cow, error::Error as StdError};

use lambda_http::http::{
    HeaderValue, StatusCode,
    header::{RETRY_AFTER, WWW_AUTHENTICATE},
};
use serde_json::json;

use super::{Response, response::json_text};
use crate::input::Fault;

/// Why a request did not succeed.
#[derive(Debug)]
pub enum Error {
    /// The request is refused with a sentence of the contract: `{"detail": "<sentence>"}`.
    Refused(StatusCode, Cow<'static, str>),

    /// Who is asking must be shown with a token, and was not: 401 with `WWW-Authenticate: Bearer`
    /// ([RFC 6750, section 3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
    Unauthorized(&'static str),

    /// Too many attempts: 429, and in how many seconds the next one may come (`Retry-After`).
    TooManyAttempts(u32),

    /// The input is not what the endpoint takes: 422 with every fault.
    Invalid(Vec<Fault>),

    /// Something that no client caused: 500 with the endpoint's own sentence. The cause goes to the log only.
    Internal(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// 405, for a path that exists.
    pub const METHOD_NOT_ALLOWED: Self =
        Self::Refused(StatusCode::METHOD_NOT_ALLOWED, Cow::Borrowed("Method Not Allowed"));

    /// 400 with `detail`.
    pub fn bad_request(detail: &'static str) -> Self {
        Self::Refused(StatusCode::BAD_REQUEST, detail.into())
    }

    /// Refuses with `detail`.
    pub fn refused(status: StatusCode, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Refused(status, detail.into())
    }

    /// 404 with `detail`.
    pub fn not_found(detail: &'static str) -> Self {
        Self::Refused(StatusCode::NOT_FOUND, detail.into())
    }

    /// 500, caused by `cause`.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// The answer to the client; `failure` is what a 500 says. An internal cause is logged here.
    pub fn into_response(self, failure: &str) -> Response {
        let mut header = None;
        let (status, detail) = match self {
            Self::TooManyAttempts(seconds) => {
                header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
                (StatusCode::TOO_MANY_REQUESTS, json!("Too many attempts. Try again later."))
            }
            Self::Unauthorized(detail) => {
                header = Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
                (StatusCode::UNAUTHORIZED, json!(detail))
            }
            Self::Refused(status, detail) => (status, json!(detail)),
            Self::Invalid(faults) => (StatusCode::UNPROCESSABLE_ENTITY, json!(faults)),
            Self::Internal(cause) => {
                tracing::error!(error = chain(&*cause), "failed");
                (StatusCode::INTERNAL_SERVER_ERROR, json!(failure))
            }
        };
        let mut response = json_text(status, json!({ "detail": detail }).to_string());
        response.headers_mut().extend(header);
        response
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::internal(error)
    }
}

/// The error and what caused it, outermost first.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
