//! Whole numbers of the path and the query.

use std::num::IntErrorKind;

use serde_json::json;

use super::{Fault, Field};
use crate::json::Json;
use crate::openapi::{RefOr, Schema, schema};

/// The longest number that is read, in characters.
const MAX_LENGTH: usize = 4300;

/// A whole number from `MIN` to `MAX`. One beyond 64 bits counts as the largest (or smallest) of them, which
/// no row and no page can have.
#[derive(Clone, Copy)]
pub struct Integer<const MIN: i64 = { i64::MIN }, const MAX: i64 = { i64::MAX }>(i64);

impl<const MIN: i64, const MAX: i64> Integer<MIN, MAX> {
    /// The number.
    pub const fn get(self) -> i64 {
        self.0
    }
}

impl<const MIN: i64, const MAX: i64> From<i64> for Integer<MIN, MAX> {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl<const MIN: i64, const MAX: i64> Field for Integer<MIN, MAX> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let number = parse(value.as_str().unwrap_or_default())?;
        let fault = if number < MIN {
            Fault::new("greater_than_equal", format!("Input should be greater than or equal to {MIN}"))
                .with_context(json!({ "ge": MIN }))
        } else if number > MAX {
            Fault::new("less_than_equal", format!("Input should be less than or equal to {MAX}"))
                .with_context(json!({ "le": MAX }))
        } else {
            return Ok(Self(number));
        };
        Err(vec![fault])
    }

    fn schema() -> RefOr<Schema> {
        schema::integer(MIN, MAX)
    }
}

fn parse(text: &str) -> Result<i64, Vec<Fault>> {
    let text = text.trim();
    if text.chars().nth(MAX_LENGTH).is_some() {
        return Err(vec![Fault::new(
            "int_parsing_size",
            "Unable to parse input string as an integer, exceeded maximum size",
        )]);
    }
    text.parse().or_else(|error: std::num::ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => Ok(i64::MAX),
        IntErrorKind::NegOverflow => Ok(i64::MIN),
        _ => Err(vec![Fault::new(
            "int_parsing",
            "Input should be a valid integer, unable to parse string as an integer",
        )]),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn numbers_are_read_with_blanks_sign_and_zeros(number in any::<i64>(), zeros in "0{0,9}", blanks in "[ \t\n]{0,3}") {
            let digits = number.unsigned_abs();
            let sign = if number < 0 { "-" } else { "+" };
            let text = format!("{blanks}{sign}{zeros}{digits}{blanks}");
            prop_assert_eq!(parse(&text).ok(), Some(number));
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_the_largest() {
        assert_eq!(parse("99999999999999999999").ok(), Some(i64::MAX));
        assert_eq!(parse("-99999999999999999999").ok(), Some(i64::MIN));
        assert_eq!(parse(&"9".repeat(4300)).ok(), Some(i64::MAX));
        assert!(parse(&"9".repeat(4301)).is_err());
    }
}
