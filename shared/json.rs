//! The parser for untrusted JSON: request bodies, token parts and job events.
//!
//! `serde_json::Value` must not parse such text. lambda_http and sqlx enable the feature `raw_value`, which
//! gives the member `$serde_json::private::RawValue` a special meaning and restarts the depth limit inside
//! it. [`Json`] has no special names, and keeps numbers as they were written.

use std::{borrow::Cow, fmt};

use indexmap::IndexMap;
use jiter::{Jiter, JiterError, Peek};
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeMap},
};
use serde_json::value::RawValue;

/// The maximum nesting of arrays and objects, because parsing and serializing use stack for each level. A
/// response that echoes such a value adds four levels, and JSON parsers of clients often stop at 128.
const MAX_DEPTH: usize = 120;

/// The members of an object. A repeated name keeps the place of its first and the value of its last
/// occurrence.
pub type Members<'a> = IndexMap<Cow<'a, str>, Json<'a>>;

/// A JSON value ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)). Numbers are borrowed from the text; strings are
/// copies, because the parser reuses its buffer.
///
/// Serializes to the JSON it was parsed from, without whitespace. A number outside the range of a double
/// becomes `null`.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Json<'a> {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number as it was written, such as `1e2`.
    Number(&'a str),
    /// A string, unescaped.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Self>),
    /// An object.
    Object(Members<'a>),
}

/// The error for text that is not valid JSON.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{problem} at character {position}")]
pub struct JsonError {
    /// How many characters were read before the error.
    pub position: usize,
    problem: String,
}

impl<'a> Json<'a> {
    /// Parses `text`, which must be one value with optional whitespace around it.
    ///
    /// Fails for text that RFC 8259 does not allow, including `NaN` and `Infinity`, for escapes of lone
    /// surrogates, for more than 120 nested arrays and objects, and for integers of more than 4,300 digits.
    pub fn parse(text: &'a str) -> Result<Self, JsonError> {
        let mut reader = Jiter::new(text.as_bytes());
        let whole = |reader: &mut Jiter<'a>| {
            let first = reader.peek()?;
            let value = read(reader, first, MAX_DEPTH)?;
            reader.finish()?;
            Ok(value)
        };
        whole(&mut reader).map_err(|error: JsonError| {
            let position = text[..text.floor_char_boundary(error.position)].chars().count();
            JsonError { position, ..error }
        })
    }

    /// Returns the string, or `None` for another type.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the member with this name, or `None` if it is missing or the value is not an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            _ => None,
        }
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            // Most numbers are small integers. They are written directly, without parsing them as JSON again.
            Self::Number(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(integer), _) if *text != "-0" => serializer.serialize_i64(integer),
                (_, Ok(number)) if number.is_finite() => {
                    serde_json::from_str::<&RawValue>(text).map_err(S::Error::custom)?.serialize(serializer)
                }
                _ => serializer.serialize_unit(),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl From<JiterError> for JsonError {
    fn from(error: JiterError) -> Self {
        Self { position: error.index, problem: error.error_type.to_string() }
    }
}

/// Parses the value that starts with `first`, with at most `depth` nested values.
///
/// The position in an error counts bytes.
fn read<'a>(reader: &mut Jiter<'a>, first: Peek, depth: usize) -> Result<Json<'a>, JsonError> {
    let start = reader.current_index();
    let inside = || {
        let problem = || format!("more than {MAX_DEPTH} values inside one another");
        depth.checked_sub(1).ok_or_else(|| JsonError { position: start, problem: problem() })
    };
    Ok(match first {
        Peek::Null => {
            reader.known_null()?;
            Json::Null
        }
        Peek::True | Peek::False => Json::Bool(reader.known_bool(first)?),
        Peek::String => Json::String(reader.known_str()?.to_owned().into()),
        Peek::Array => {
            let depth = inside()?;
            let mut items = Vec::new();
            let mut next = reader.known_array()?;
            while let Some(first) = next {
                items.push(read(reader, first, depth)?);
                next = reader.array_step()?;
            }
            Json::Array(items)
        }
        Peek::Object => {
            let depth = inside()?;
            let mut members = Members::new();
            let mut next = reader.known_object()?.map(str::to_owned);
            while let Some(name) = next {
                let first = reader.peek()?;
                members.insert(name.into(), read(reader, first, depth)?);
                next = reader.next_key()?.map(str::to_owned);
            }
            Json::Object(members)
        }
        number => {
            reader.known_number_bytes(number)?;
            let text = str::from_utf8(reader.slice_to_current(start));
            Json::Number(text.unwrap_or_default())
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;

    /// Generates JSON texts with whitespace, escapes and repeated names.
    fn json_text() -> impl Strategy<Value = String> {
        let name = prop_oneof!["[a-c]", Just("$serde_json::private::RawValue".to_owned()), any::<String>()];
        let string = |text: String| serde_json::to_string(&text).expect("a string is JSON");
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|value| value.to_string()),
            any::<f64>().prop_map(|number| serde_json::to_string(&number).expect("JSON, or null")),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<String>().prop_map(string),
        ];
        leaf.prop_recursive(6, 64, 8, move |inner| {
            let member = (name.clone(), inner.clone())
                .prop_map(move |(name, value)| format!(" {} :\n{value}", string(name)));
            prop_oneof![
                prop::collection::vec(inner, 0..8).prop_map(|items| format!("[\t{}]", items.join(" , "))),
                prop::collection::vec(member, 0..8).prop_map(|members| format!("{{{}}}", members.join(","))),
            ]
        })
    }

    /// Returns the value as serde_json's type. Only for values without serde_json's private names.
    fn converted(json: &Json<'_>) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(text) => text.parse::<serde_json::Number>().map_or(Value::Null, Value::Number),
            Json::String(text) => Value::String(text.to_string()),
            Json::Array(items) => items.iter().map(converted).collect(),
            Json::Object(members) => {
                members.iter().map(|(name, value)| (name.to_string(), converted(value))).collect()
            }
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            let _ = Json::parse(&text);
        }

        #[test]
        fn valid_json_parses_like_serde_json(text in json_text().prop_filter("its names", |text| !text.contains("private"))) {
            let json = Json::parse(&text).expect("it is JSON");
            prop_assert_eq!(converted(&json), serde_json::from_str::<Value>(&text).expect("it is JSON"));
        }

        #[test]
        fn parsed_json_round_trips(text in json_text()) {
            let json = Json::parse(&text).expect("it is JSON");
            let written = json.to_string();
            prop_assert_eq!(Json::parse(&written).expect("it wrote JSON"), json);
        }

        #[test]
        fn mutated_json_is_rejected_like_serde_json(
            text in json_text().prop_filter("its names", |text| !text.contains("private")),
            at in any::<prop::sample::Index>(),
            byte in "[\\[\\]{},:\"0-9eE+.a-z\\\\ -]",
        ) {
            let mut text: Vec<char> = text.chars().collect();
            let at = at.index(text.len());
            text[at] = byte.chars().next().expect("a character");
            let text = String::from_iter(text);
            prop_assert_eq!(Json::parse(&text).is_ok(), serde_json::from_str::<IgnoredAny>(&text).is_ok(), "{}", text);
        }
    }

    #[test]
    fn serde_json_private_names_are_plain_members() {
        for name in ["$serde_json::private::RawValue", "$serde_json::private::Number"] {
            let text = format!(r#"{{"{name}":"{{}}"}}"#);
            let json = Json::parse(&text).expect("it is an object");
            assert_eq!(json.get(name).and_then(Json::as_str), Some("{}"));
            assert_eq!(json.to_string(), text);
        }
    }

    #[test]
    fn nesting_beyond_max_depth_is_rejected() {
        for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
            let nested = |depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
            assert!(Json::parse(&nested(MAX_DEPTH)).is_ok());
            assert!(Json::parse(&nested(MAX_DEPTH + 1)).is_err());
            assert!(Json::parse(&nested(500_000)).is_err());
        }
    }

    #[test]
    fn repeated_member_keeps_last_value() {
        let json = Json::parse(r#"{"a":1,"b":2,"a":3}"#).expect("it is JSON");
        assert_eq!(json.to_string(), r#"{"a":3,"b":2}"#);
    }

    #[test]
    fn numbers_keep_their_text_unless_infinite() {
        let text = "[123456789012345678901234567890,1e2,-0,0.10,1e999,-1e999]";
        let json = Json::parse(text).expect("it is JSON");
        assert_eq!(json.to_string(), "[123456789012345678901234567890,1e2,-0,0.10,null,null]");
    }

    #[test]
    fn invalid_json_is_rejected() {
        let texts = [
            "",
            " ",
            "nul",
            "NaN",
            "Infinity",
            "-Infinity",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{a:1}",
            "'a'",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "--1",
            "0x1",
            "\"",
            "\"\n\"",
            r#""\x""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\udc00""#,
            "[1 2]",
            "1 2",
            "[",
            "{",
            "{\"a\":",
            "\u{feff}1",
            "true1",
        ];
        for text in texts {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert!(Json::parse(&"9".repeat(5000)).is_err());
    }

    #[test]
    fn parse_error_position_counts_characters() {
        let position = |text| Json::parse(text).expect_err("it is not JSON").position;
        assert_eq!(position(r#"{"é": x}"#), position(r#"{"e": x}"#));
    }
}
