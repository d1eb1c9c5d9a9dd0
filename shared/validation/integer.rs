//! Whole numbers of the path and the query.

use std::num::IntErrorKind;

use super::{Fault, Field};
use crate::json::Json;

/// The longest number that is read, in characters.
const MAX_LENGTH: usize = 4300;

/// Read from text: blanks around it, one sign and leading zeros are fine. A number beyond 64 bits becomes the largest
/// (or smallest) of them, which no row and no page has.
impl Field for i64 {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let text = value.as_str().unwrap_or_default().trim();
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
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Option<i64> {
        i64::read(&text.into()).ok()
    }

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
            prop_assert_eq!(parse(&text), Some(number));
        }
    }

    #[test]
    fn numbers_beyond_64_bits_are_the_largest() {
        assert_eq!(parse("99999999999999999999"), Some(i64::MAX));
        assert_eq!(parse("-99999999999999999999"), Some(i64::MIN));
        assert_eq!(parse(&"9".repeat(4300)), Some(i64::MAX));
        assert_eq!(parse(&"9".repeat(4301)), None);
    }
}
