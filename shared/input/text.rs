//! Texts of the body and the query.

use serde_json::json;

use super::{Fault, Field};
use crate::json::Json;
use crate::openapi::{RefOr, Schema, schema};

/// What Python's `str.strip` takes away: Unicode's white space and four of the ASCII controls.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1C}'..='\u{1F}')
}

/// The text of `value`. Fails where it is none.
pub fn string<'a>(value: &'a Json<'_>) -> Result<&'a str, Vec<Fault>> {
    value.as_str().ok_or_else(|| vec![Fault::new("string_type", "Input should be a valid string")])
}

/// Any text that PostgreSQL can hold: without NUL.
pub struct Text(String);

impl Text {
    /// The text as it was sent.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Text {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        without_nul(string(value)?).map(|text| Self(text.to_owned()))
    }

    fn schema() -> RefOr<Schema> {
        schema::text("Any text without NUL.").pattern(Some(r"^[^\x00]*$")).into()
    }
}

/// A text of 1 to `MAX` characters without NUL, not counting the blanks around it.
#[derive(Debug, Clone)]
pub struct Line<const MAX: usize>(String);

impl<const MAX: usize> Line<MAX> {
    /// The text without the blanks around it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without the blanks around it.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl<const MAX: usize> Field for Line<MAX> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let text = without_nul(string(value)?)?.trim_matches(is_blank);
        if text.is_empty() {
            return Err(too_short(1));
        }
        if text.chars().nth(MAX).is_some() {
            return Err(too_long(MAX));
        }
        Ok(Self(text.to_owned()))
    }

    fn schema() -> RefOr<Schema> {
        let text = schema::text("Blanks around it do not count.").min_length(Some(1)).max_length(Some(MAX));
        text.pattern(Some(r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$")).into()
    }
}

/// The fault of a text with fewer than `least` characters.
pub fn too_short(least: usize) -> Vec<Fault> {
    let plural = if least == 1 { "" } else { "s" };
    vec![
        Fault::new("string_too_short", format!("String should have at least {least} character{plural}"))
            .with_context(json!({ "min_length": least })),
    ]
}

/// The fault of a text with more than `most` characters.
pub fn too_long(most: usize) -> Vec<Fault> {
    vec![
        Fault::new("string_too_long", format!("String should have at most {most} characters"))
            .with_context(json!({ "max_length": most })),
    ]
}

fn without_nul(text: &str) -> Result<&str, Vec<Fault>> {
    match text.contains('\0') {
        true => Err(vec![Fault::value_error("NUL characters are not allowed.")]),
        false => Ok(text),
    }
}
