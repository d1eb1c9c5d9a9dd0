//! Codes of countries.

use schemars::JsonSchema;
use serde::Serialize;
use validator::{ValidateLength, ValidationError};

use crate::{
    json::Json,
    validation::{Fault, Field, is_blank, pattern_violated, string},
};

pub(super) const PATTERN: &str = "^[A-Za-z]{2,3}$";

/// A country's code in upper case, without the blanks around it.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline, description = "A code of two or three letters, as in ISO 3166-1.")]
pub struct CountryCode(#[schemars(regex(pattern = PATTERN))] String);

impl CountryCode {
    /// The code.
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

/// Validates that a code has nothing but letters from A to Z.
pub fn has_letters_only(code: &CountryCode) -> Result<(), ValidationError> {
    match code.0.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        true => Ok(()),
        false => Err(pattern_violated(PATTERN)),
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
    fn other_characters_than_letters_violate_the_pattern() {
        for text in ["U1", "U S", "ÉÉ", "U\0", "U-S", "ßa", "ＵＳ"] {
            let error = has_letters_only(&code(text)).expect_err(text);
            assert_eq!((&*error.code, error.message.as_deref()), ("string_pattern_mismatch", Some(PATTERN)));
        }
    }

    #[test]
    fn length_counts_characters_without_blanks_around() {
        for (text, length) in [("", 0), (" 1 ", 1), ("É", 1), ("\u{a0}us\n", 2), ("1234", 4)] {
            assert_eq!(code(text).length(), Some(length), "{text:?}");
        }
    }

    #[test]
    fn value_other_than_text_fails_with_string_type() {
        let fault = json!(Fault::new("string_type", "Input should be a valid string"));
        assert_eq!(field_fault::<CountryCode>(json!(1)), fault);
    }

    proptest! {
        #[test]
        fn letters_become_upper_case(text in "[A-Za-z]{2,3}", blanks in "[ \t\n\u{a0}]{0,3}") {
            let code = code(&format!("{blanks}{text}{blanks}"));
            prop_assert_eq!(code.as_str(), text.to_ascii_uppercase());
            prop_assert!(has_letters_only(&code).is_ok());
        }
    }
}
