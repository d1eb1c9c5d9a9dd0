//! Numbers with a fraction: JSON numbers, or texts that say one.

use serde_json::json;

use super::{Fault, Field};
use crate::json::Json;
use crate::openapi::{RefOr, Schema, schema};

/// A finite number from `MIN` to `MAX`.
#[derive(Clone, Copy)]
pub struct Number<const MIN: i64, const MAX: i64 = { i64::MAX }>(f64);

impl<const MIN: i64, const MAX: i64> Number<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> Field for Number<MIN, MAX> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let most = if MAX == i64::MAX { f64::MAX } else { MAX as f64 };
        // Adding zero makes a positive zero of a negative one.
        bounded(finite(value)?, MIN as f64, most).map(|number| Self(number + 0.0))
    }

    fn schema() -> RefOr<Schema> {
        schema::number(MIN as f64, (MAX != i64::MAX).then_some(MAX as f64))
    }
}

/// The finite number that `value` is or says: blanks around, sign, decimals and exponent are fine.
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

/// `number` if it lies from `least` to `most`.
pub fn bounded(number: f64, least: f64, most: f64) -> Result<f64, Vec<Fault>> {
    let (kind, words, key, bound) = match number {
        _ if number < least => ("greater_than_equal", "greater", "ge", least),
        _ if number > most => ("less_than_equal", "less", "le", most),
        _ => return Ok(number),
    };
    let message = format!("Input should be {words} than or equal to {bound}");
    Err(vec![Fault::new(kind, message).with_context(json!({ key: bound }))])
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    // "inf" and "nan" are numbers to Rust.
    let is_numeric = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_numeric)
}
