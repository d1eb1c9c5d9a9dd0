//! A position in a sorted list, from which reading continues at the same cost as from the start.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{Datelike, NaiveDate};

use super::{Sort, names};
use crate::{
    json::Json,
    validation::{Fault, Field},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The longest name in a cursor, in characters.
const MAX_NAME: usize = names::MAX_LENGTH as usize;

/// The longest cursor in bytes before encoding: order, total, id and name, separated by three colons.
const MAX_LENGTH: usize = "-relevance".len() + 2 * "-9223372036854775808".len() + 3 + 4 * MAX_NAME;

/// The longest encoded cursor.
const MAX_ENCODED: usize = MAX_LENGTH.div_ceil(3) * 4;

/// The position after one movie.
#[derive(Debug, PartialEq)]
pub struct Cursor {
    /// The order of the list.
    pub sort: Sort,
    /// The number of movies that matched the filters on the first page. Clients can forge it.
    pub total: i64,
    /// The movie's id.
    pub id: i64,
    /// The movie's sort key, of the type that `sort` requires.
    pub key: Key,
}

/// The value that movies are sorted by before their ids. It is a value that its column can hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    /// No key; only the id counts.
    None,
    /// The name: 1 to 255 characters without NUL.
    Name(String),
    /// The date: 0001-01-01 to 9999-12-31.
    Date(NaiveDate),
    /// The score: 0 to 100.
    Score(f64),
    /// The rank of a search result: finite and not negative.
    Relevance(f32),
}

impl Cursor {
    /// Returns the text that clients send back as `after`.
    pub fn encode(&self) -> String {
        let Self { sort, total, id, key } = self;
        let sort = sort.name();
        BASE64_URL_SAFE_NO_PAD.encode(match key {
            Key::None => format!("{sort}:{total}:{id}:"),
            Key::Name(name) => format!("{sort}:{total}:{id}:{name}"),
            Key::Date(date) => format!("{sort}:{total}:{id}:{date}"),
            Key::Score(score) => format!("{sort}:{total}:{id}:{score}"),
            Key::Relevance(relevance) => format!("{sort}:{total}:{id}:{relevance}"),
        })
    }

    /// Decodes a cursor. Returns `None` if `text` is malformed or its position cannot exist.
    fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_ENCODED {
            return None;
        }
        let decoded = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let mut parts = decoded.splitn(4, ':');
        let (sort, total, id, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let sort = Sort::ALL.into_iter().find(|known| known.name() == sort)?;
        let total = total.parse().ok().filter(|&total: &i64| total > 0)?;
        let cursor = Self { sort, total, id: id.parse().ok()?, key: Key::parse(sort, key)? };
        // Each position has exactly one text, so other spellings of a number and rounded numbers are invalid.
        (cursor.encode() == text).then_some(cursor)
    }
}

impl Key {
    fn parse(sort: Sort, text: &str) -> Option<Self> {
        match sort {
            Sort::Newest => text.is_empty().then_some(Self::None),
            Sort::Name => {
                let fits = (1..=MAX_NAME).contains(&text.chars().count()) && !text.contains('\0');
                fits.then(|| Self::Name(text.to_owned()))
            }
            Sort::Earliest | Sort::Latest => {
                let date: NaiveDate = text.parse().ok()?;
                (1..=9999).contains(&date.year()).then_some(Self::Date(date))
            }
            Sort::Worst | Sort::Best => {
                let score: f64 = text.parse().ok()?;
                ((0.0..=100.0).contains(&score) && score.is_sign_positive()).then_some(Self::Score(score))
            }
            Sort::Relevance => {
                let relevance: f32 = text.parse().ok()?;
                (relevance.is_finite() && relevance.is_sign_positive()).then_some(Self::Relevance(relevance))
            }
        }
    }
}

impl Field for Cursor {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let cursor = value.as_str().and_then(Self::decode);
        cursor.ok_or_else(|| vec![Fault::value_error("This is no cursor of this list.")])
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

    use super::{Cursor, Key, MAX_ENCODED};
    use crate::models::Sort;

    fn decode(text: &str) -> Option<Cursor> {
        Cursor::decode(&BASE64_URL_SAFE_NO_PAD.encode(text))
    }

    #[test]
    fn cursor_with_valid_column_values_decodes() {
        let name = "\u{10ffff}".repeat(255);
        let keys = [
            "-id:1:0:",
            "-id:9223372036854775807:-9223372036854775808:",
            "date:1:1:0001-01-01",
            "-date:1:1:9999-12-31",
            "score:1:1:0",
            "-score:1:1:100",
            "-score:1:1:83.30000000000001",
            "-relevance:1:1:0.06079271",
            "-relevance:1:1:340282350000000000000000000000000000000",
            "name:1:1:a:b\n'\\",
            &format!("name:9223372036854775807:-9223372036854775808:{name}"),
            &format!("score:1:1:{}", f64::from_bits(1)),
            &format!("-relevance:1:1:{}", f32::from_bits(1)),
        ];
        for key in keys {
            let cursor = decode(key).unwrap_or_else(|| panic!("{key}"));
            assert_eq!(cursor.encode(), BASE64_URL_SAFE_NO_PAD.encode(key));
        }
    }

    #[test]
    fn cursor_with_impossible_column_values_is_rejected() {
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
            "-relevance:1:1:3.5e38",
            "-relevance:1:1:350000000000000000000000000000000000000",
            "-relevance:1:1:1e-50",
            "-relevance:1:1:-0",
            "-relevance:1:1:inf",
            "-relevance:1:1:0.060792710000000001",
            "name:1:1:",
            "name:1:1:\0",
            &format!("name:1:1:{long}"),
        ];
        for key in keys {
            assert_eq!(decode(key), None, "{key}");
        }
    }

    #[test]
    fn cursor_longer_than_limit_is_rejected() {
        assert_eq!(Cursor::decode(&"A".repeat(MAX_ENCODED + 1)), None);
        assert_eq!(Cursor::decode(&"A".repeat(1 << 20)), None);
    }

    /// Generates any position that a movie can have.
    fn cursors() -> impl Strategy<Value = Cursor> {
        let days = NaiveDate::from_ymd_opt(1, 1, 1).unwrap().to_epoch_days()
            ..=NaiveDate::from_ymd_opt(9999, 12, 31).unwrap().to_epoch_days();
        let dates = || {
            let day = days.clone();
            day.prop_map(|day| Key::Date(NaiveDate::from_epoch_days(day).unwrap()))
        };
        let scores =
            || prop_oneof![Just(0.0), Just(100.0), 0.0..=100.0, num::f64::SUBNORMAL.prop_map(f64::abs)];
        let relevances = num::f32::POSITIVE | num::f32::NORMAL | num::f32::SUBNORMAL | num::f32::ZERO;
        let places = prop_oneof![
            Just((Sort::Newest, Key::None)),
            "[^\\x00]{1,255}".prop_map(|name| (Sort::Name, Key::Name(name))),
            dates().prop_map(|key| (Sort::Earliest, key)),
            dates().prop_map(|key| (Sort::Latest, key)),
            scores().prop_map(|score| (Sort::Worst, Key::Score(score))),
            scores().prop_map(|score| (Sort::Best, Key::Score(score))),
            relevances.prop_map(|number| (Sort::Relevance, Key::Relevance(number.abs()))),
        ];
        (places, 1..=i64::MAX, any::<i64>()).prop_map(|((sort, key), total, id)| Cursor {
            sort,
            total,
            id,
            key,
        })
    }

    proptest! {
        #[test]
        fn cursor_round_trips(cursor in cursors()) {
            let text = cursor.encode();
            prop_assert_eq!(Cursor::decode(&text), Some(cursor));
        }

        #[test]
        fn accepted_cursor_text_round_trips(
            text in "(-id|name|-?date|-?score|-relevance):[-+]?[0-9]{1,20}:[-+]?[0-9]{1,20}:\
                     ([-+0-9.e]{0,12}|[-+]?[0-9]{4,5}-[0-9]{2}-[0-9]{2}|\\p{any}{0,260})"
        ) {
            let text = BASE64_URL_SAFE_NO_PAD.encode(text);
            if let Some(cursor) = Cursor::decode(&text) {
                prop_assert_eq!(cursor.encode(), text);
            }
        }

        #[test]
        fn decoding_arbitrary_text_never_panics(text in "\\p{any}*|[-_A-Za-z0-9]*", bytes: Vec<u8>) {
            for text in [text, BASE64_URL_SAFE_NO_PAD.encode(bytes)] {
                if let Some(cursor) = Cursor::decode(&text) {
                    prop_assert_eq!(cursor.encode(), text);
                }
            }
        }
    }
}
