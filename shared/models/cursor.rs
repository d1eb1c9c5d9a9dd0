//! A position in a sorted list, from which reading continues at the same cost as from the start.

use std::borrow::Cow;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDate};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use super::{Sort, SortKey, names};
use crate::{
    json::Json,
    validation::{Fault, Field},
};

/// The longest name in a cursor, in characters.
const MAX_NAME: usize = names::MAX_LENGTH as usize;

/// The longest cursor in bytes before encoding: order, filters, total, id, date, score and name, with separators.
const MAX_LENGTH: usize = "-score,-date,-name,-id".len()
    + 1
    + 16
    + 2 * "-9223372036854775808".len()
    + "0001-01-01".len()
    + MAX_SCORE
    + 5
    + 4 * MAX_NAME;

/// The longest score: the smallest ones have more than 300 digits.
const MAX_SCORE: usize = 350;

/// The longest encoded cursor.
const MAX_ENCODED: usize = MAX_LENGTH.div_ceil(3) * 4;

/// The position after one movie.
#[derive(Debug, PartialEq)]
pub struct Cursor {
    /// The order of the list.
    pub sort: Sort,
    /// The hash of the list's filters, or `None` if it has none.
    pub filters: Option<u64>,
    /// The number of movies that matched the filters on the first page. Clients can forge it.
    pub total: i64,
    /// The movie's id.
    pub id: i64,
    /// The movie's sort keys, of the type that `sort` requires.
    pub place: Place,
}

/// The values that movies are sorted by before their ids.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// A value for each key of the order, except the id.
    Values(Vec<Value>),
    /// The relevance of a search result: 0 (best) to 3.
    Class(i32),
}

/// One sort key. It is a value that its column can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The name: 1 to 255 characters without NUL.
    Name(String),
    /// The date: 0001-01-01 to 9999-12-31.
    Date(NaiveDate),
    /// The score: 0 to 100.
    Score(f64),
}

impl Cursor {
    /// Returns the text that clients send back as `after`: `sort.filters:total:id:values`. The name is the last value,
    /// since it can contain colons.
    pub fn encode(&self) -> String {
        let Self { sort, filters, total, id, place } = self;
        let filters = filters.map(|filters| format!(".{filters:016x}")).unwrap_or_default();
        let place = match place {
            Place::Class(class) => class.to_string(),
            Place::Values(values) => {
                let (names, others): (Vec<_>, Vec<_>) =
                    values.iter().partition(|value| matches!(value, Value::Name(_)));
                others.into_iter().chain(names).map(Value::text).collect::<Vec<_>>().join(":")
            }
        };
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}{filters}:{total}:{id}:{place}", sort.name()))
    }

    /// Decodes a cursor. Returns `None` if `text` is malformed or its position cannot exist.
    fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_ENCODED {
            return None;
        }
        let decoded = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = decoded.splitn(4, ':');
        let (list, total, id, place) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (sort, filters) = match list.split_once('.') {
            Some((sort, filters)) => (sort, Some(u64::from_str_radix(filters, 16).ok()?)),
            None => (list, None),
        };
        let sort = Sort::named(sort)?;
        let total = total.parse().ok().filter(|&total: &i64| total > 0)?;
        let place = Place::parse(&sort, place)?;
        let cursor = Self { sort, filters, total, id: id.parse().ok()?, place };
        // Each position has exactly one text, so other spellings of a number and rounded numbers are invalid.
        (cursor.encode() == text).then_some(cursor)
    }
}

impl Place {
    fn parse(sort: &Sort, mut text: &str) -> Option<Self> {
        let Sort::By(keys) = sort else {
            return text.parse().ok().filter(|class| (0..=3).contains(class)).map(Self::Class);
        };
        let is_name = |key: &SortKey| matches!(key, SortKey::Name | SortKey::NameDescending);
        let mut values: Vec<_> = keys.iter().filter(|key| **key != SortKey::Newest).map(|_| None).collect();
        // The name is the last value, wherever its key is.
        let order = (0..values.len()).filter(|&at| !is_name(&keys[at]));
        let order: Vec<_> = order.chain(keys.iter().position(is_name)).collect();
        for (number, &at) in order.iter().enumerate() {
            let value;
            (value, text) = if number + 1 < order.len() { text.split_once(':')? } else { (text, "") };
            values[at] = Some(Value::parse(keys[at], value)?);
        }
        text.is_empty().then(|| values.into_iter().collect::<Option<_>>().map(Self::Values))?
    }
}

impl Value {
    fn text(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Date(date) => date.to_string(),
            Self::Score(score) => score.to_string(),
        }
    }

    fn parse(key: SortKey, text: &str) -> Option<Self> {
        match key {
            SortKey::Newest => None,
            SortKey::Name | SortKey::NameDescending => {
                let fits = (1..=MAX_NAME).contains(&text.chars().count()) && !text.contains('\0');
                fits.then(|| Self::Name(text.to_owned()))
            }
            SortKey::Earliest | SortKey::Latest => {
                let date: NaiveDate = text.parse().ok()?;
                (1..=9999).contains(&date.year()).then_some(Self::Date(date))
            }
            SortKey::Worst | SortKey::Best => {
                let score: f64 = text.parse().ok()?;
                ((0.0..=100.0).contains(&score) && score.is_sign_positive()).then_some(Self::Score(score))
            }
        }
    }
}

impl Field for Cursor {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let cursor = value.as_str().and_then(Self::decode);
        cursor.ok_or_else(|| vec![Fault::value_error("This is not a cursor of this list.")])
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.encode())
    }
}

impl JsonSchema for Cursor {
    fn schema_name() -> Cow<'static, str> {
        "Cursor".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string", "format": "cursor", "maxLength": MAX_ENCODED,
            "description": "A cursor, as the `Link` header of a page names it.",
        })
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use chrono::NaiveDate;
    use proptest::{num, prelude::*};

    use super::{Cursor, MAX_ENCODED, Place, Value};
    use crate::models::{Sort, SortKey};

    fn decode(text: &str) -> Option<Cursor> {
        Cursor::decode(&BASE64_URL_SAFE_NO_PAD.encode(text))
    }

    #[test]
    fn cursor_of_what_columns_hold_is_accepted() {
        let name = "\u{10ffff}".repeat(255);
        let keys = [
            "-id:1:0:",
            "-id:9223372036854775807:-9223372036854775808:",
            "date:1:1:0001-01-01",
            "-date:1:1:9999-12-31",
            "score:1:1:0",
            "-score:1:1:100",
            "-score:1:1:83.30000000000001",
            "-relevance.00000000000000ff:1:1:0",
            "-relevance:1:1:3",
            "-name:1:1:a:b",
            "name,-score,date:1:1:83.5:1995-12-15:a:b",
            "date,-id.ffffffffffffffff:1:1:1995-12-15",
            "name:1:1:a:b\n'\\",
            &format!("name:9223372036854775807:-9223372036854775808:{name}"),
            &format!("score:1:1:{}", f64::from_bits(1)),
            &format!(
                "-score,-date,-name,-id.ffffffffffffffff:{0}:{0}:{1}:9999-12-31:{name}",
                i64::MAX,
                f64::from_bits(1)
            ),
        ];
        for key in keys {
            let cursor = decode(key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(cursor.encode(), BASE64_URL_SAFE_NO_PAD.encode(key));
        }
    }

    #[test]
    fn cursor_beyond_the_columns_is_refused() {
        let long = "x".repeat(256);
        let keys = [
            "-id:1:9223372036854775808:",
            "-id:9223372036854775808:1:",
            "-id:0:1:",
            "-id:-1:1:",
            "-id:+1:1:",
            "-id:1:01:",
            "date:1:1:0000-01-01",
            "date:1:1:-0001-01-01",
            "date:1:1:+2000-01-01",
            "date:1:1:10000-01-01",
            "date:1:1:2001-02-29",
            "score:1:1:100.00000000000001",
            "score:1:1:-0",
            "score:1:1:-1",
            "score:1:1:1e2",
            "score:1:1:1e-400",
            "score:1:1:1e400",
            "score:1:1:nan",
            "-relevance:1:1:4",
            "-relevance:1:1:-1",
            "-relevance:1:1:0.5",
            "-relevance:1:1:",
            "-id.:1:1:",
            "-id.ff:1:1:",
            "-id.00000000000000FF:1:1:",
            "-id.0000000000000000f:1:1:",
            "name,score:1:1:Heat",
            "name,score:1:1:Heat:83",
            "score,-score:1:1:83",
            "-id:1:1:x",
            "name:1:1:",
            "name:1:1:\0",
            &format!("name:1:1:{long}"),
        ];
        for key in keys {
            assert_eq!(decode(key), None, "{key}");
        }
    }

    #[test]
    fn text_longer_than_any_cursor_is_refused() {
        assert_eq!(Cursor::decode(&"A".repeat(MAX_ENCODED + 1)), None);
        assert_eq!(Cursor::decode(&"A".repeat(1 << 20)), None);
    }

    /// Returns cursors with any position that a movie can have.
    fn cursors() -> impl Strategy<Value = Cursor> {
        let days = NaiveDate::from_ymd_opt(1, 1, 1).unwrap().to_epoch_days()
            ..=NaiveDate::from_ymd_opt(9999, 12, 31).unwrap().to_epoch_days();
        let dates = || {
            let day = days.clone();
            day.prop_map(|day| Value::Date(NaiveDate::from_epoch_days(day).unwrap()))
        };
        let scores =
            || prop_oneof![Just(0.0), Just(100.0), 0.0..=100.0, num::f64::SUBNORMAL.prop_map(f64::abs)];
        let by = |key, value: Value| (Sort::By(vec![key]), Place::Values(vec![value]));
        let names = || "[^\\x00]{1,255}".prop_map(Value::Name);
        let places = prop_oneof![
            Just((Sort::By(vec![SortKey::Newest]), Place::Values(vec![]))),
            names().prop_map(move |name| by(SortKey::Name, name)),
            names().prop_map(move |name| by(SortKey::NameDescending, name)),
            dates().prop_map(move |date| by(SortKey::Earliest, date)),
            dates().prop_map(move |date| by(SortKey::Latest, date)),
            scores().prop_map(move |score| by(SortKey::Worst, Value::Score(score))),
            scores().prop_map(move |score| by(SortKey::Best, Value::Score(score))),
            (names(), dates(), scores()).prop_map(|(name, date, score)| (
                Sort::By(vec![SortKey::Name, SortKey::Latest, SortKey::Best, SortKey::Newest]),
                Place::Values(vec![name, date, Value::Score(score)]),
            )),
            (0..=3).prop_map(|class| (Sort::Relevance, Place::Class(class))),
        ];
        (places, any::<Option<u64>>(), 1..=i64::MAX, any::<i64>())
            .prop_map(|((sort, place), filters, total, id)| Cursor { sort, filters, total, id, place })
    }

    proptest! {
        #[test]
        fn every_cursor_is_decoded_as_it_was(cursor in cursors()) {
            let text = cursor.encode();
            prop_assert_eq!(Cursor::decode(&text), Some(cursor));
        }

        #[test]
        fn accepted_text_is_encoded_as_it_was(
            text in "(-id|-?name|-?date|-?score|-relevance)(,-?(date|score|name)){0,2}(\\.[0-9a-f]{16})?:[-+]?[0-9]{1,20}:[-+]?[0-9]{1,20}:\
                     ([-+0-9.e]{0,12}|[-+]?[0-9]{4,5}-[0-9]{2}-[0-9]{2}|\\p{any}{0,260})"
        ) {
            let text = BASE64_URL_SAFE_NO_PAD.encode(text);
            if let Some(cursor) = Cursor::decode(&text) {
                prop_assert_eq!(cursor.encode(), text);
            }
        }

        #[test]
        fn decoding_any_text_never_panics(text in "\\p{any}*|[-_A-Za-z0-9]*", bytes: Vec<u8>) {
            for text in [text, BASE64_URL_SAFE_NO_PAD.encode(bytes)] {
                if let Some(cursor) = Cursor::decode(&text) {
                    prop_assert_eq!(cursor.encode(), text);
                }
            }
        }
    }
}
