//! Numbers with a fraction.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Fault, Field};
use crate::json::Json;

/// Read from a JSON number, or from text with optional surrounding whitespace, sign, decimals and exponent.
/// It is finite, and zero is positive.
impl Field for f64 {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        // Adding zero turns a negative zero into a positive one.
        finite(value).map(|number| number + 0.0)
    }
}

/// Returns the finite number in `value`. Fails with `float_type`, `float_parsing` or `finite_number`.
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
    if number.is_finite() {
        Ok(number)
    } else {
        Err(vec![Fault::new("finite_number", "Input should be a finite number")])
    }
}

/// Returns a text for a number without surrounding whitespace, and without single underscores between other characters,
/// which the original service ignores.
pub fn number_text(text: &str) -> Cow<'_, str> {
    let text = text.trim();
    let has_separators =
        text.contains('_') && !text.contains("__") && !text.starts_with('_') && !text.ends_with('_');
    if has_separators { text.replace('_', "").into() } else { text.into() }
}

fn decimal(text: &str) -> Option<f64> {
    let text = number_text(text);
    // Rust parses "inf" and "nan" as numbers.
    let is_numeric = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
    text.parse().ok().filter(|_| is_numeric)
}

/// The schema of a number that may also be sent as text: `#[schemars(with = "NumericText")]`.
pub struct NumericText;

impl JsonSchema for NumericText {
    fn schema_name() -> Cow<'static, str> {
        "NumericText".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Two types in one schema keep `range`, which `anyOf` would lose. The pattern allows fewer texts than
        // the parser, so that every match is also within the limits.
        json_schema!({ "type": ["number", "string"], "pattern": r"^[0-9]{1,2}(\.[0-9]{1,9})?$" })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    #[test]
    fn number_accepts_json_number_or_text() {
        let cases = [
            ("100", 100.0),
            ("1E+2", 100.0),
            ("-0", 0.0),
            ("-0.001", -0.001),
            ("1e-400", 0.0),
            (r#"" +1.5e1 ""#, 15.0),
            (r#""7""#, 7.0),
            (r#""7.""#, 7.0),
            (r#"".5""#, 0.5),
            (r#""-0""#, 0.0),
            (r#""0007.10""#, 7.1),
            (r#""\n1E1\u00a0""#, 10.0),
            (r#""1e-400""#, 0.0),
            (r#""1_0""#, 10.0),
            (r#""+_1e1_0""#, 1e10),
        ];
        for (sent, expected) in cases {
            let number = read_field::<f64>(sent).unwrap_or_else(|faults| panic!("{sent} has {faults}"));
            assert_eq!(number.to_bits(), f64::to_bits(expected), "{sent}");
        }
    }

    #[test]
    fn text_without_number_fails_with_float_parsing() {
        let message = "Input should be a valid number, unable to parse string as a number";
        for text in [
            "",
            " ",
            "abc",
            "nan",
            "NaN",
            "inf",
            "-inf",
            "Infinity",
            "-Infinity",
            "_1",
            "1_",
            "1__0",
            "1,5",
            "0x1",
            "1e",
            "e1",
            ".",
            "-",
            "--1",
            "+-1",
            "1 1",
            "١",
            "1\0",
        ] {
            assert_eq!(
                field_fault::<f64>(json!(text)),
                json!(Fault::new("float_parsing", message)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn number_beyond_double_range_fails_with_finite_number() {
        for sent in ["1e999", "-1e999", r#""1e400""#, r#"" -1e999 ""#] {
            let fault = Fault::new("finite_number", "Input should be a finite number");
            assert_eq!(field_fault::<f64>(sent), json!(fault), "{sent}");
        }
    }

    #[test]
    fn non_number_value_fails_with_float_type() {
        let private =
            [r#"{"$serde_json::private::Number":"5"}"#, r#"{"$serde_json::private::RawValue":"5"}"#];
        for sent in ["true", "false", "null", "[1]", "{}"].into_iter().chain(private) {
            let fault = Fault::new("float_type", "Input should be a valid number");
            assert_eq!(field_fault::<f64>(sent), json!(fault), "{sent}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_number_text_is_finite_or_rejected(
            text in "\\PC{0,20}|[-+]?[0-9.]{0,9}([eE][-+]?[0-9]{0,4})?|[-+]?(?i:nan|inf(inity)?)",
        ) {
            if let Ok(number) = f64::read(&text.as_str().into()) {
                prop_assert!(number.is_finite() && !(number == 0.0 && number.is_sign_negative()));
                prop_assert!(text.contains(|c: char| c.is_ascii_digit()));
            }
        }

        #[test]
        fn every_double_round_trips(number in any::<f64>(), blanks in "[ \t\n]{0,3}") {
            let texts = [number.to_string(), format!("{number:e}"), format!("{blanks}{number:E}{blanks}")];
            for text in texts {
                prop_assert_eq!(f64::read(&text.as_str().into()).ok(), Some(number), "{}", text);
            }
        }
    }
}
