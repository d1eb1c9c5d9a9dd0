//! Requests and answers, as the HTTP contract shapes them.

mod error;
mod request;
mod response;

pub use error::Error;
pub use lambda_http::http::{Method, StatusCode};
pub use request::Request;
pub use response::{Response, json, no_content};
