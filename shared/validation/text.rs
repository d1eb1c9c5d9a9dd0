//! Texts.

use schemars::JsonSchema;
use serde::Serialize;
use validator::ValidateLength;

use super::{Fault, Field, string};
use crate::json::Json;

/// Returns whether Python's `str.strip` takes `c` away: Unicode's white space and four of the ASCII controls.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1C}'..='\u{1F}')
}

/// A text that PostgreSQL can hold: without NUL.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Text(#[schemars(regex(pattern = r"^[^\x00]*$"))] String);

impl Text {
    /// The text as it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as it was sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Text {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        without_nul(string(value)?).map(|text| Self(text.to_owned()))
    }
}

/// A text without NUL and without the blanks around it. Its length counts characters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Trimmed(
    // A pattern cannot trim, so this one asks for one character that is no blank.
    #[schemars(regex(pattern = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"))] String,
);

impl Trimmed {
    /// The text without the blanks around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without the blanks around it.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Trimmed {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        without_nul(string(value)?).map(|text| Self(text.trim_matches(is_blank).to_owned()))
    }
}

impl ValidateLength<u64> for Trimmed {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

fn without_nul(text: &str) -> Result<&str, Vec<Fault>> {
    match text.contains('\0') {
        true => Err(vec![Fault::value_error("NUL characters are not allowed.")]),
        false => Ok(text),
    }
}
