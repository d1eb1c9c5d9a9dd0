//! What the endpoints say of themselves, for the API's description in OpenAPI 3.1.
//!
//! An endpoint describes itself beside its handler. Only the function `docs` asks, so that no other executable
//! holds any of this.

mod answer;
mod input;
mod operation;
pub mod schema;

pub use input::{Taken, Takes};
pub use operation::{BEARER, Operation};
pub use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use crate::Endpoint;

/// An endpoint that says how it is used.
pub trait Documented: Endpoint {
    /// Its operations, nearly always one: the path and the method, what it takes, and everything that it can
    /// answer but for [`Endpoint::FAILURE`].
    fn operations() -> Vec<Operation>;
}
