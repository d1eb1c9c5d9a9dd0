//! Country codes.

use schemars::JsonSchema;
use serde::Serialize;
use validator::{ValidateLength, ValidationError};

use crate::{
    json::Json,
    validation::{Fault, Field, is_blank, pattern_violated, string},
};

pub(super) const PATTERN: &str = "^[A-Za-z]{2,3}$";

/// A country code in upper case, without surrounding whitespace.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "A code of two or three letters, as in ISO 3166-1.")]
pub struct CountryCode(#[schemars(regex(pattern = PATTERN))] String);

impl CountryCode {
    /// Returns the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for CountryCode {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(text.trim_matches(is_blank).to_ascii_uppercase()))
    }
}

impl ValidateLength<u64> for CountryCode {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// Validates that a code consists of letters from A to Z.
pub fn has_letters_only(code: &CountryCode) -> Result<(), ValidationError> {
    if code.0.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        Ok(())
    } else {
        Err(pattern_violated(PATTERN))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    fn code(text: &str) -> CountryCode {
        read_field(json!(text)).expect("any text is read")
    }

    #[test]
    fn country_code_with_other_characters_fails_pattern() {
        for text in ["U1", "U S", "ÉÉ", "U\0", "U-S", "ßa", "ＵＳ"] {
            let error = has_letters_only(&code(text)).expect_err(text);
            assert_eq!((&*error.code, error.message.as_deref()), ("string_pattern_mismatch", Some(PATTERN)));
        }
    }

    #[test]
    fn country_code_length_ignores_surrounding_whitespace() {
        for (text, length) in [("", 0), (" 1 ", 1), ("É", 1), ("\u{a0}us\n", 2), ("1234", 4)] {
            assert_eq!(code(text).length(), Some(length), "{text:?}");
        }
    }

    #[test]
    fn non_string_value_fails_with_string_type() {
        let fault = json!(Fault::new("string_type", "Input should be a valid string"));
        assert_eq!(field_fault::<CountryCode>(json!(1)), fault);
    }

    proptest! {
        #[test]
        fn country_code_becomes_upper_case(text in "[A-Za-z]{2,3}", blanks in "[ \t\n\u{a0}]{0,3}") {
            let code = code(&format!("{blanks}{text}{blanks}"));
            prop_assert_eq!(code.as_str(), text.to_ascii_uppercase());
            prop_assert!(has_letters_only(&code).is_ok());
        }
    }
}
