//! What clients send about movies.

use chrono::{Datelike, NaiveDate, Utc};
use serde_json::json;

use super::{money, title_case};
use crate::{
    input::{
        Fault, Field, Line, MAX_FAULTS, Number,
        number::{bounded, finite},
        text::{string, too_long, too_short},
    },
    json::Json,
    openapi::{RefOr, Schema, schema},
};

/// The longest name of a movie, genre, actor, language or country, in characters.
pub const MAX_NAME: usize = 255;

/// The actors of a movie. At most 100,000, so that the answer with all three lists is one that Lambda returns.
pub type Actors = Names<100_000>;

/// The genres or the languages of a movie, at most 10,000.
pub type Kinds = Names<10_000>;

/// A movie's name.
pub type Name = Line<MAX_NAME>;

/// A score in percent.
pub type Score = Number<0, 100>;

/// What a movie earned, in US dollars.
pub type Revenue = Number<0>;

/// Whether a movie can be seen yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// In the theaters, or it was.
    Released,
    /// Shot, and being finished.
    PostProduction,
    /// Being shot.
    InProduction,
}

impl Status {
    /// All of them, in the contract's order.
    pub const ALL: [Self; 3] = [Self::Released, Self::PostProduction, Self::InProduction];

    /// The status of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }

    /// The name that clients and the database have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Released => "Released",
            Self::PostProduction => "Post Production",
            Self::InProduction => "In Production",
        }
    }
}

impl Field for Status {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let status = value.as_str().and_then(Self::parse);
        status.ok_or_else(|| vec![Fault::enumeration(&Self::ALL.map(Self::name))])
    }

    fn schema() -> RefOr<Schema> {
        schema::one_of(Self::ALL.map(Self::name))
    }
}

/// What a movie cost, in US dollars: 0 to 9999999999999.99, rounded half up to cents.
#[derive(Clone)]
pub struct Budget(i64);

impl Budget {
    /// The amount in hundredths.
    pub const fn hundredths(&self) -> i64 {
        self.0
    }
}

impl Field for Budget {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let number = bounded(finite(value)?, 0.0, money::MOST)?;
        let text = match value {
            Json::String(text) => text.trim(),
            Json::Number(text) => text,
            _ => "",
        };
        match money::hundredths(text) {
            Some(hundredths) => Ok(Self(hundredths)),
            // An exponent below all that the reader counts to.
            None if number == 0.0 => Ok(Self(0)),
            // A double is too coarse to tell it from the most there may be.
            None => Err(bounded(f64::MAX, 0.0, money::MOST).err().unwrap_or_default()),
        }
    }

    fn schema() -> RefOr<Schema> {
        schema::number(0.0, Some(money::MOST))
    }
}

/// The day on which a movie is or will be released, at the latest in the next year.
#[derive(Clone, Copy)]
pub struct ReleaseDate(NaiveDate);

impl ReleaseDate {
    /// The date.
    pub const fn get(self) -> NaiveDate {
        self.0
    }
}

impl Field for ReleaseDate {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let date = <NaiveDate as Field>::parse(value)?;
        let last = Utc::now().year() + 1;
        if date.year() > last {
            let sentence = format!("The year in 'date' cannot be greater than {last}.");
            return Err(vec![Fault::value_error(&sentence)]);
        }
        Ok(Self(date))
    }

    fn schema() -> RefOr<Schema> {
        schema::formatted("date", "A date in the next year at the latest, or a datetime at its midnight.")
            .into()
    }
}

/// A country's code of two or three letters, in upper case (as in ISO 3166-1).
#[derive(Debug)]
pub struct CountryCode(String);

impl CountryCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Field for CountryCode {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        const PATTERN: &str = "^[A-Za-z]{2,3}$";
        let code = string(value)?.trim_matches(crate::input::text::is_blank);
        match code.chars().count() {
            0..2 => return Err(too_short(2)),
            2..=3 => {}
            _ => return Err(too_long(3)),
        }
        if !code.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            let message = format!("String should match pattern '{PATTERN}'");
            return Err(vec![
                Fault::new("string_pattern_mismatch", message).with_context(json!({ "pattern": PATTERN })),
            ]);
        }
        Ok(Self(code.to_ascii_uppercase()))
    }

    fn schema() -> RefOr<Schema> {
        schema::text("A country's code, as in ISO 3166-1.").pattern(Some("^[A-Za-z]{2,3}$")).into()
    }
}

/// The names of genres, actors or languages: in Title Case, each once, in the order of their bytes (the order
/// in which every writer of the catalogue takes them).
pub struct Names<const MAX: usize>(Vec<String>);

impl<const MAX: usize> Names<MAX> {
    /// The names.
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl<const MAX: usize> Field for Names<MAX> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let Json::Array(items) = value else {
            return Err(vec![Fault::new("list_type", "Input should be a valid list")]);
        };
        if items.len() > MAX {
            return Err(vec![Fault::too_many(MAX, items.len())]);
        }
        let (mut names, mut faults) = (Vec::with_capacity(items.len()), Vec::new());
        for (index, item) in items.iter().enumerate() {
            match title(item) {
                Ok(name) => names.push(name),
                Err(found) => faults.extend(found.into_iter().map(|fault| fault.in_item(index, item))),
            }
            if faults.len() >= MAX_FAULTS {
                break;
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        names.sort_unstable();
        names.dedup();
        Ok(Self(names))
    }

    fn schema() -> RefOr<Schema> {
        schema::list(Name::schema())
    }
}

/// Title Case can make a name longer than it was.
fn title(item: &Json<'_>) -> Result<String, Vec<Fault>> {
    let name = title_case(Name::parse(item)?.as_str());
    match name.chars().nth(MAX_NAME) {
        None => Ok(name),
        Some(_) => Err(too_long(MAX_NAME)),
    }
}
