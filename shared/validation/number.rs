//! Numbers with a fraction.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Fault, Field};
use crate::json::Json;

/// Read from a JSON number, or from a text that says one: blanks around it, a sign, decimals and an exponent are fine.
/// It is finite, and zero has no sign.
impl Field for f64 {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        // Adding zero makes a positive zero of a negative one.
        finite(value).map(|number| number + 0.0)
    }
}

/// Returns the finite number that `value` is or says. Fails with `float_type`, `float_parsing` or `finite_number`.
pub fn finite(value: &Json<'_>) -> Result<f64, Vec<Fault>> {
    let number = match value {
        Json::Number(text) => text.parse().unwrap_or(f64::INFINITY),
        Json::String(text) => decimal(text).ok_or_else(|| {
            vec![Fault::new(
                "float_parsing",
                "Input should be a valid number, unable to parse string as a number",
            )]
        })?,
        _ => return Err(vec![Fault::new("float_type", "Input should be a valid number")]),
    };
    match number.is_finite() {
        true => Ok(number),
        false => Err(vec![Fault::new("finite_number", "Input should be a finite number")]),
    }
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    // "inf" and "nan" are numbers to Rust.
    let is_numeric = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_numeric)
}

/// The schema of a number that may be sent as text too: `#[schemars(with = "NumericText")]`.
pub struct NumericText;

impl JsonSchema for NumericText {
    fn schema_name() -> Cow<'static, str> {
        "NumericText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Two types in one schema keep `range`, which `anyOf` would lose. The pattern allows less than is read, so that
        // every text that matches it is within the limits too.
        json_schema!({ "type": ["number", "string"], "pattern": r"^[0-9]{1,2}(\.[0-9]{1,9})?$" })
    }
}
