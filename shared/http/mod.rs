//! Requests and responses, in the form of the HTTP contract.

mod asset;
mod cache;
mod cors;
mod disposition;
mod error;
mod etag;
mod file;
mod form;
mod forwarded;
mod html_page;
mod input;
mod origin;
mod paging;
mod request;
mod response;
pub mod route;
mod security;

pub use asset::Asset;
pub use cache::Cache;
pub use cors::Cors;
pub use error::{Error, FailureReason, TOO_MANY_ATTEMPTS};
pub use etag::entity_tag;
pub use file::FileVersion;
pub use form::Form;
pub use html_page::html_page;
pub use input::{Body, Input, Path, Query};
pub use lambda_http::http::{Method, StatusCode};
pub use origin::Origin;
pub use paging::{Paging, escaped};
pub use request::{BODY_TOO_LARGE, Request, UNREADABLE_BODY};
pub use response::{
    MAX_BODY, Response, add_next_link, as_download, json, no_content, size_in_event, with_etag,
    with_location, with_location_of_request,
};
pub use route::{Resource, Route};
pub use security::add_security_headers;
