//! Lists of names.

use schemars::JsonSchema;
use serde::Serialize;
use validator::{Validate, ValidateLength, ValidationError};

use super::title_case;
use crate::{
    json::Json,
    validation::{Fault, Field, MAX_FAULTS, Trimmed, nfc, only_fault},
};

/// The longest name of a movie, genre, actor, language or country, in characters.
pub const MAX_LENGTH: u64 = 255;

/// How many genres or languages a movie may have.
pub const MAX_ITEMS: u64 = 10_000;

/// How many actors a movie may have. With all three lists, the response stays below Lambda's limit.
pub const MAX_PEOPLE: u64 = 100_000;

/// The names of genres, actors or languages as sent, without surrounding whitespace.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct NameList(Vec<Name>);

/// One name.
#[derive(Serialize, JsonSchema, Validate)]
#[serde(transparent)]
#[schemars(inline)]
struct Name {
    #[validate(length(min = 1, max = MAX_LENGTH), custom(function = "fits_in_title_case"))]
    name: Trimmed,
}

impl NameList {
    /// Returns the names in the spelling and order in which they were sent, including duplicates.
    pub fn as_sent(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|Name { name }| name.as_str())
    }

    /// Returns the names in Title Case, each spelling once.
    pub fn in_title_case(&self) -> Vec<String> {
        let mut names: Vec<_> = self.as_sent().map(in_title_case).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Field for NameList {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let Json::Array(items) = value else {
            return Err(vec![Fault::new("list_type", "Input should be a valid list")]);
        };
        let (mut names, mut faults) = (Vec::with_capacity(items.len()), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match Name::read(item) {
                Ok(name) => names.push(name),
                Err(found) => faults.extend(found.into_iter().map(|fault| fault.in_item(index, item))),
            }
            if faults.len() >= MAX_FAULTS {
                break;
            }
        }
        if faults.is_empty() { Ok(Self(names)) } else { Err(faults) }
    }
}

impl Field for Name {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let name = Self { name: Trimmed::read(value)? };
        name.validate().map_err(|errors| only_fault(&errors).into_iter().collect::<Vec<_>>())?;
        Ok(name)
    }
}

impl ValidateLength<u64> for NameList {
    fn length(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }
}

/// Returns a name as it is stored: in Title Case and in NFC.
fn in_title_case(name: &str) -> String {
    let title = title_case(name);
    if title.is_ascii() { title } else { nfc(&title) }
}

/// Title Case can turn one character into three.
fn fits_in_title_case(name: &Trimmed) -> Result<(), ValidationError> {
    let can_grow = name.as_str().len() as u64 > MAX_LENGTH / 3;
    if !can_grow || in_title_case(name.as_str()).chars().count() as u64 <= MAX_LENGTH {
        return Ok(());
    }
    let mut error = ValidationError::new("length");
    error.add_param("max".into(), &MAX_LENGTH);
    error.add_param("value".into(), name);
    Err(error)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    /// Returns the type and the location of every fault in `items`.
    fn summary(items: &Value) -> Value {
        let faults = read_field::<NameList>(items).err().unwrap_or_else(|| json!([]));
        let faults = faults.as_array().expect("faults are a list").iter();
        faults.map(|fault| json!([fault["type"], fault["loc"][0]])).collect()
    }

    fn in_title_case(items: &Value) -> Vec<String> {
        read_field::<NameList>(items).expect("they are names").in_title_case()
    }

    #[test]
    fn invalid_items_report_index_and_input() {
        let items = json!(["Drama", 5, " ", null, "a\0", "x".repeat(256), "Crime"]);
        let fault = |index: usize, fault: Fault| {
            let mut fault = json!(fault);
            (fault["loc"], fault["input"]) = (json!([index]), items[index].clone());
            fault
        };
        let no_string = || Fault::new("string_type", "Input should be a valid string");
        let expected = json!([
            fault(1, no_string()),
            fault(2, Fault::too_short(1)),
            fault(3, no_string()),
            fault(4, Fault::value_error("NUL characters are not allowed.")),
            fault(5, Fault::too_long(255)),
        ]);
        assert_eq!(read_field::<NameList>(&items).err(), Some(expected));
    }

    #[test]
    fn non_list_value_fails_with_list_type() {
        for sent in [json!("Al Pacino"), json!({"0": "Al Pacino"}), json!(5), json!(null)] {
            let fault = Fault::new("list_type", "Input should be a valid list");
            assert_eq!(field_fault::<NameList>(&sent), json!(fault), "{sent}");
        }
    }

    #[test]
    fn name_list_reports_at_most_100_errors() {
        let items = json!(vec![1; 9_000]);
        let faults = summary(&items);
        assert_eq!(faults.as_array().map(Vec::len), Some(MAX_FAULTS));
        assert_eq!(faults[99], json!(["string_type", 99]));
    }

    #[test]
    fn name_too_long_in_title_case_is_rejected() {
        // At the start of a word, Title Case replaces ß by two letters and ΐ by a letter and a mark.
        for (name, fits) in [
            ("é".repeat(255), true),
            ("é".repeat(256), false),
            ("ß".repeat(254), true),
            ("ß".repeat(255), false),
            (format!("{}a", "ß-".repeat(127)), false),
            ("ß-".repeat(85), true),
            ("ΐ-".repeat(85), true),
            ("ΐ-".repeat(86), false),
        ] {
            let expected = if fits { json!([]) } else { json!([["string_too_long", 0]]) };
            assert_eq!(summary(&json!([name])), expected, "{name}");
        }
    }

    #[test]
    fn names_equal_in_title_case_are_merged() {
        let items = json!(["ﬁnnish", "FInnish", " finnish ", "Finnish", "\u{a0}english\n"]);
        assert_eq!(in_title_case(&items), ["English", "Finnish"]);
        assert_eq!(in_title_case(&json!([])), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn accepted_names_are_sorted_unique_and_fit_column(
            items in prop::collection::vec("[a-cß-áΐﬁ ]{0,3}|[ßΐﬃ -]{80,130}|\\PC{0,40}", 0..4),
        ) {
            let Ok(names) = read_field::<NameList>(json!(items)) else { return Ok(()) };
            let names = names.in_title_case();
            prop_assert!(names.is_sorted_by(|one, next| one < next));
            prop_assert!(names.len() <= items.len());
            for name in names {
                prop_assert!((1..=MAX_LENGTH).contains(&(name.chars().count() as u64)), "{}", name);
            }
        }
    }
}
