//! Codes of countries.

use schemars::JsonSchema;
use serde::Serialize;
use validator::{ValidateLength, ValidationError};

use crate::{
    json::Json,
    validation::{Fault, Field, is_blank, pattern_violated, string},
};

const PATTERN: &str = "^[A-Za-z]{2,3}$";

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
