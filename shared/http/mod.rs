//! Requests and answers, as the HTTP contract shapes them.

mod cache;
mod error;
mod etag;
mod request;
mod response;

pub use cache::Cache;
pub use error::Error;
pub use etag::ETag;
pub use lambda_http::http::{Method, StatusCode};
pub use request::Request;
pub use response::{Response, json, link_to_next, no_content, tagged};
