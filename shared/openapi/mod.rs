//! What the endpoints say of themselves, for the API's description in OpenAPI 3.1.
//!
//! An endpoint describes itself beside its handler. Only the function `docs` asks, so that no other executable
//! holds any of this.

mod operation;
mod request;
mod response;
pub mod schema;

pub use operation::{BEARER, Operation, PathItem};
pub use request::Described;

use crate::Endpoint;

/// An endpoint that says how it is used.
pub trait Documented: Endpoint {
    /// Its operations, nearly always one: the path and the method, what it reads, and everything that it can
    /// respond but for [`Endpoint::INTERNAL_ERROR`].
    fn operations() -> Vec<Operation>;
}
