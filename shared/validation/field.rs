//! Field values that are read from JSON.

use super::Fault;
use crate::json::Json;

/// The type of a model's field: how it is read from JSON, before its limits are validated.
pub trait Field: Sized {
    /// Whether all values of a repeated query parameter of this type count. The value is then a list.
    const IS_REPEATABLE: bool = false;

    /// Reads `value`. Fails with every fault in it. A fault without its own input echoes `value`.
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>>;

    /// Returns the value of a field that was not sent, if its type is optional.
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: Field> Field for Option<T> {
    const IS_REPEATABLE: bool = T::IS_REPEATABLE;

    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        T::read(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// Returns the string. Fails with `string_type` for a value of another type.
pub fn string<'a>(value: &'a Json<'_>) -> Result<&'a str, Vec<Fault>> {
    value.as_str().ok_or_else(|| vec![Fault::new("string_type", "Input should be a valid string")])
}
