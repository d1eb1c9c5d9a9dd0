//! A place in a sorted list, from which it can be read on at the same price as from its start.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use time::{Date, macros::format_description};

use super::Sort;
use crate::{
    input::{Fault, Field},
    json::Json,
    openapi::{RefOr, Schema, schema},
};

/// The place behind one movie.
pub struct Cursor {
    /// The order of the list.
    pub sort: Sort,
    /// How many movies the filters let through when the walk began; clients may have made it up.
    pub total: i64,
    /// The movie's id.
    pub id: i64,
    /// What the movie is sorted by before its id, as text.
    pub(super) key: String,
}

impl Cursor {
    /// The text that clients send back as `after`.
    pub fn encode(&self) -> String {
        let Self { sort, total, id, key } = self;
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}:{total}:{id}:{key}", sort.name()))
    }

    fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = text.splitn(4, ':');
        let (sort, total, id, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let sort = [
            Sort::Newest,
            Sort::Name,
            Sort::Earliest,
            Sort::Latest,
            Sort::Worst,
            Sort::Best,
            Sort::Relevance,
        ]
        .into_iter()
        .find(|known| known.name() == sort)?;
        let total = total.parse().ok().filter(|&total: &i64| total > 0)?;
        let fits = match sort.key().map(|(_, kind)| kind) {
            None => key.is_empty(),
            Some("text") => !key.contains('\0'),
            Some("date") => Date::parse(key, format_description!("[year]-[month]-[day]")).is_ok(),
            Some(_) => key.parse().is_ok_and(f64::is_finite),
        };
        fits.then(|| Some(Self { sort, total, id: id.parse().ok()?, key: key.to_owned() }))?
    }
}

impl Field for Cursor {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let cursor = value.as_str().and_then(Self::decode);
        cursor.ok_or_else(|| vec![Fault::value_error("This is no cursor of this list.")])
    }

    fn schema() -> RefOr<Schema> {
        schema::formatted("cursor", "A cursor, as the `Link` header of a page names it.").into()
    }
}
