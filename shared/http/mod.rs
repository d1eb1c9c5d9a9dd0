//! Requests and answers, as the HTTP contract shapes them.

mod asset;
mod cache;
mod cors;
mod error;
mod etag;
mod forwarded;
mod input;
mod origin;
mod page;
mod request;
mod response;
pub mod route;
mod security;

pub use asset::Asset;
pub use cache::Cache;
pub use cors::Cors;
pub use error::{Error, Reason, TOO_MANY_ATTEMPTS};
pub use etag::entity_tag;
pub use input::{Body, Input, Path, Query};
pub use lambda_http::http::{Method, StatusCode};
pub use origin::Origin;
pub use page::page;
pub use request::{BODY_TOO_LARGE, Request, UNREADABLE_BODY};
pub use response::{Response, created_at, json, link_to_next, no_content, tagged};
pub use route::{Resource, Route};
pub use security::secure;
