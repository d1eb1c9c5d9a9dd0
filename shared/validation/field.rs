//! Values that are read from JSON.

use super::Fault;
use crate::json::Json;

/// The type of a model's field: what JSON it is read from, before its limits are validated.
pub trait Field: Sized {
    /// Whether a query parameter of this type may be repeated. It is then read from the list of all its values; of any
    /// other the last value counts.
    const IS_REPEATABLE: bool = false;

    /// Reads `value`, or says every fault in it. A fault without an input of its own repeats `value`.
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>>;

    /// The value of a field that was not sent, for a type of fields that are optional.
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

/// Returns the string of `value`. Fails with `string_type` where it is something else.
pub fn string<'a>(value: &'a Json<'_>) -> Result<&'a str, Vec<Fault>> {
    value.as_str().ok_or_else(|| vec![Fault::new("string_type", "Input should be a valid string")])
}
