//! The API's description in OpenAPI 3.1, built from the endpoints.
//!
//! Each endpoint describes itself beside its handler. Only the function `docs` uses the descriptions, so no
//! other executable contains them.

mod operation;
mod request;
mod response;
pub mod schema;

pub use operation::{BEARER, Operation, PathItem};
pub use request::Described;

use crate::Endpoint;

/// An endpoint with a description.
pub trait Documented: Endpoint {
    /// Returns the operations of the endpoint, usually one: path and method, request, and every response
    /// except [`Endpoint::INTERNAL_ERROR`].
    fn operations() -> Vec<Operation>;
}
