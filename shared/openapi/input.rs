//! What an endpoint takes, from the types that its input is read into.

use serde_json::Value;
use utoipa::openapi::{RefOr, Schema};

use crate::input::Field;

/// Input that says what it is read from; [`input!`](crate::input!) implements it.
pub trait Takes {
    /// The fields, in the order in which faults in them are told.
    fn fields() -> Vec<Taken>;
}

/// A part of the path, a query parameter or a member of the body.
pub struct Taken {
    /// `path`, `query` or `body`.
    pub place: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// What counts where it is not.
    pub default: Option<Value>,
    /// The values that it may have.
    pub schema: RefOr<Schema>,
}

impl Taken {
    /// A field that is read as a `T`.
    pub fn of<T: Field>(
        place: &'static str,
        name: &'static str,
        description: &str,
        default: Option<Value>,
    ) -> Self {
        let is_required = default.is_none() && T::absent().is_none();
        let description = description.trim().to_owned();
        Self { place, name, description, is_required, default, schema: T::schema() }
    }
}
