//! Lists of names.

use schemars::JsonSchema;
use serde::Serialize;
use validator::{Validate, ValidateLength, ValidationError};

use super::title_case;
use crate::{
    json::Json,
    validation::{Fault, Field, MAX_FAULTS, Trimmed, only_fault},
};

/// The longest name of a movie, genre, actor, language or country, in characters.
pub const MAX_LENGTH: u64 = 255;

/// How many genres or languages a movie may have.
pub const MAX_ITEMS: u64 = 10_000;

/// How many actors a movie may have: so many that Lambda returns the answer with all three lists.
pub const MAX_PEOPLE: u64 = 100_000;

/// The names of genres, actors or languages as they were sent, without blanks around them.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Names(Vec<Name>);

/// One of the names.
#[derive(Serialize, JsonSchema, Validate)]
#[serde(transparent)]
#[schemars(inline)]
struct Name {
    #[validate(length(min = 1, max = MAX_LENGTH), custom(function = "fits_in_title_case"))]
    name: Trimmed,
}

impl Names {
    /// Returns the names with their spelling and in their order, repeated ones included.
    pub fn as_sent(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|Name { name }| name.as_str())
    }

    /// Returns the names in Title Case, each once, in the order of their bytes: the order in which every writer of the
    /// catalogue takes them, so that two writers cannot wait for each other.
    pub fn in_title_case(&self) -> Vec<String> {
        let mut names: Vec<_> = self.as_sent().map(title_case).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl Field for Names {
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

impl ValidateLength<u64> for Names {
    fn length(&self) -> Option<u64> {
        Some(self.0.len() as u64)
    }
}

/// Title Case can make three characters of one.
fn fits_in_title_case(name: &Trimmed) -> Result<(), ValidationError> {
    let can_grow = name.as_str().len() as u64 > MAX_LENGTH / 3;
    if !can_grow || title_case(name.as_str()).chars().count() as u64 <= MAX_LENGTH {
        return Ok(());
    }
    let mut error = ValidationError::new("length");
    error.add_param("max".into(), &MAX_LENGTH);
    error.add_param("value".into(), name);
    Err(error)
}
