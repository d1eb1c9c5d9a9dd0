//! Integers.

use std::num::IntErrorKind;

use super::{Fault, Field};
use crate::json::Json;

/// The longest number that is parsed, in characters.
const MAX_LENGTH: usize = 4300;

/// Read from a JSON number without fraction, or from text with optional surrounding whitespace, one sign and
/// leading zeros. A number beyond 64 bits saturates: no row has such an id, and no list has such a page.
impl Field for i64 {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let text = match value {
            Json::String(text) => text.trim(),
            Json::Number(text) => text,
            _ => "",
        };
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
    use serde_json::json;

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    fn parse(text: &str) -> Option<i64> {
        i64::read(&text.into()).ok()
    }

    #[test]
    fn integer_accepts_whitespace_sign_and_leading_zeros() {
        for text in ["2", "+2", " 2", "  2", "2 ", " 2 ", "\t2", "\t+2\n", "0002", " +02 ", "\u{a0}2\u{3000}"]
        {
            assert_eq!(parse(text), Some(2), "{text:?}");
        }
        assert_eq!([parse("0"), parse("-0"), parse("-007")], [Some(0), Some(0), Some(-7)]);
    }

    #[test]
    fn text_without_integer_fails_with_int_parsing() {
        let texts = [
            "",
            " ",
            "abc",
            "null",
            "1.0",
            "1_0",
            "0_1",
            "0x1",
            "1e1",
            "1 1",
            "1/2",
            "-",
            "+",
            "++1",
            "--1",
            "+-1",
            "- 1",
            "%",
            "{movie_id}",
            "\u{661}",
            "１",
            "\u{fffd}",
            "\0",
            "1\0",
        ];
        let message = "Input should be a valid integer, unable to parse string as an integer";
        for text in texts {
            assert_eq!(
                field_fault::<i64>(json!(text)),
                json!(Fault::new("int_parsing", message)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn integer_over_4300_characters_fails_with_size_error() {
        let message = "Unable to parse input string as an integer, exceeded maximum size";
        for text in ["9".repeat(4301), "0".repeat(5000), format!("-{}", "1".repeat(4300)), "x".repeat(4301)] {
            assert_eq!(field_fault::<i64>(json!(text)), json!(Fault::new("int_parsing_size", message)));
        }
        let blanks = " ".repeat(5000);
        assert_eq!(read_field(json!(format!("{blanks}7{blanks}"))), Ok(7));
    }

    #[test]
    fn json_number_parses_like_its_text() {
        assert_eq!(i64::read(&Json::Number("-7")).ok(), Some(-7));
        assert!(i64::read(&Json::Number("7.5")).is_err());
    }

    #[test]
    fn integer_beyond_64_bits_saturates() {
        assert_eq!(parse("99999999999999999999"), Some(i64::MAX));
        assert_eq!(parse("-99999999999999999999"), Some(i64::MIN));
        assert_eq!(parse(&"9".repeat(4300)), Some(i64::MAX));
        assert_eq!(parse(&"9".repeat(4301)), None);
    }

    proptest! {
        #[test]
        fn arbitrary_integer_text_never_panics(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn integer_accepts_only_sign_and_ascii_digits(text in "[ \t]?[-+]{0,2}[0-9]{0,3}[0-9_.e \u{661}]{0,2}") {
            let trimmed = text.trim();
            let digits = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
            let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            prop_assert_eq!(parse(&text).is_some(), is_integer);
        }

        #[test]
        fn integers_round_trip_with_whitespace_sign_and_zeros(number in any::<i64>(), zeros in "0{0,9}", blanks in "[ \t\n]{0,3}") {
            let digits = number.unsigned_abs();
            let sign = if number < 0 { "-" } else { "+" };
            let text = format!("{blanks}{sign}{zeros}{digits}{blanks}");
            prop_assert_eq!(parse(&text), Some(number));
        }
    }
}
