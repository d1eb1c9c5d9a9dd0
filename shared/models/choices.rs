//! Filters that can be repeated and list alternatives.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use validator::ValidateLength;

use super::{
    CountryCode,
    country_code::{PATTERN, has_letters_only},
    names::MAX_LENGTH,
};
use crate::{
    json::Json,
    validation::{Fault, Field, Trimmed, searchable, string},
};

/// The separator of alternatives.
const SEPARATOR: char = '|';

/// Groups of alternatives. A movie must have an alternative of each group.
pub struct Choices<T>(Vec<Vec<T>>);

/// Names of genres, actors or languages.
pub type NameChoices = Choices<Trimmed>;

/// Codes of countries.
pub type CountryChoices = Choices<CountryCode>;

/// One alternative.
pub trait Choice: Field {
    /// A regular expression for alternatives, without anchors.
    const PATTERN: &'static str;

    /// Reads the alternative, without the rules that [`Self::fault`] checks. Fails as [`Field::read`] does, and if the
    /// database cannot search for the text.
    fn read_choice(text: &str) -> Result<Self, Vec<Fault>> {
        Self::read(&text.into())
    }

    /// Returns the alternative.
    fn as_str(&self) -> &str;

    /// Returns the fault of the alternative, if it has one.
    fn fault(&self) -> Option<Fault>;
}

impl Choice for Trimmed {
    const PATTERN: &'static str = r"[^\x00|]*[^\s\x00\x1c-\x1f\x85|][^\x00|]*";

    fn read_choice(text: &str) -> Result<Self, Vec<Fault>> {
        Self::read(&searchable(text)?.into())
    }

    fn as_str(&self) -> &str {
        self.as_str()
    }

    fn fault(&self) -> Option<Fault> {
        match self.length() {
            Some(0) | None => Some(Fault::too_short(1)),
            Some(length) => (length > MAX_LENGTH).then(|| Fault::too_long(MAX_LENGTH as usize)),
        }
    }
}

impl Choice for CountryCode {
    const PATTERN: &'static str = "[A-Za-z]{2,3}";

    fn as_str(&self) -> &str {
        self.as_str()
    }

    fn fault(&self) -> Option<Fault> {
        match self.length() {
            Some(0 | 1) | None => Some(Fault::too_short(2)),
            Some(2 | 3) => has_letters_only(self).is_err().then(|| {
                Fault::new("string_pattern_mismatch", format!("String should match pattern '{PATTERN}'"))
                    .with_context(serde_json::json!({ "pattern": PATTERN }))
            }),
            Some(_) => Some(Fault::too_long(3)),
        }
    }
}

impl<T: Choice> Choices<T> {
    /// Returns the alternatives of each group. Every group has at least one.
    pub fn groups(&self) -> impl Iterator<Item = impl Iterator<Item = &str>> {
        self.0.iter().map(|group| group.iter().map(Choice::as_str))
    }

    /// Returns the value of the query parameter for each group.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.groups().map(|group| group.collect::<Vec<_>>().join("|"))
    }
}

impl<T: Choice> Field for Choices<T> {
    const IS_REPEATABLE: bool = true;

    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let values = match value {
            Json::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let (mut groups, mut faults) = (Vec::with_capacity(values.len()), Vec::new());
        for value in values {
            match read_group(value) {
                Ok(group) => groups.push(group),
                Err(found) => faults.extend(found.into_iter().map(|fault| fault.of_input(value))),
            }
        }
        if faults.is_empty() { Ok(Self(groups)) } else { Err(faults) }
    }
}

fn read_group<T: Choice>(value: &Json<'_>) -> Result<Vec<T>, Vec<Fault>> {
    let alternatives = string(value)?.split(SEPARATOR).map(|text| {
        let alternative = T::read_choice(text)?;
        alternative.fault().map_or(Ok(alternative), |fault| Err(vec![fault]))
    });
    alternatives.collect()
}

impl<T: Choice> JsonSchema for Choices<T> {
    fn schema_name() -> Cow<'static, str> {
        "Choices".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let pattern = format!(r"^{0}(\|{0})*$", T::PATTERN);
        json_schema!({ "type": "array", "items": { "type": "string", "pattern": pattern }, "minItems": 1 })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::validation::testing::read_field;

    fn groups<T: Choice>(sent: Value) -> Vec<String> {
        let choices = read_field::<Choices<T>>(&sent).unwrap_or_else(|faults| panic!("{sent}: {faults}"));
        choices.texts().collect()
    }

    fn faults<T: Choice>(sent: Value) -> Value {
        let faults = read_field::<Choices<T>>(&sent).err().unwrap_or_else(|| panic!("{sent} is taken"));
        let faults = faults.as_array().expect("faults are a list").iter();
        faults.map(|fault| json!([fault["type"], fault["input"]])).collect()
    }

    #[test]
    fn repeated_parameters_are_groups_of_alternatives() {
        assert_eq!(groups::<Trimmed>(json!(["Crime", " a | b "])), ["Crime", "a|b"]);
        assert_eq!(groups::<Trimmed>(json!("Crime")), ["Crime"]);
        assert_eq!(groups::<CountryCode>(json!(["us|usa", "fr"])), ["US|USA", "FR"]);
    }

    #[test]
    fn every_faulty_group_is_reported_with_its_text() {
        let long = "x".repeat(256);
        let expected = json!([
            ["string_too_short", ""],
            ["string_too_short", "a||b"],
            ["value_error", null],
            ["string_too_long", long],
        ]);
        assert_eq!(faults::<Trimmed>(json!(["", "a", "a||b", "a\0", long])), expected);
        let expected = json!([
            ["string_too_short", "u"],
            ["string_pattern_mismatch", "us|u1"],
            ["string_too_long", "usaa"]
        ]);
        assert_eq!(faults::<CountryCode>(json!(["u", "us|u1", "usaa"])), expected);
    }
}
