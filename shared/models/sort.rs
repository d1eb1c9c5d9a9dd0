//! The order of a list.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

use crate::{
    json::Json,
    validation::{Fault, Field},
};

/// The order of a list of movies. Movies with equal keys are in the order of their ids, in the direction of the last
/// key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sort {
    /// By one or more keys with different fields.
    By(Vec<SortKey>),
    /// Best search result first.
    Relevance,
}

/// A key to sort movies by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SortKey {
    /// Newest id first.
    Newest,
    /// By name, in byte order.
    Name,
    /// By name, in reverse byte order.
    NameDescending,
    /// Earliest release first.
    Earliest,
    /// Latest release first.
    Latest,
    /// Lowest score first.
    Worst,
    /// Highest score first.
    Best,
}

/// The separator of keys.
const SEPARATOR: char = ',';

impl SortKey {
    /// All keys.
    pub const ALL: [Self; 7] = [
        Self::Newest,
        Self::Name,
        Self::NameDescending,
        Self::Earliest,
        Self::Latest,
        Self::Worst,
        Self::Best,
    ];

    /// Returns the name of the key in the parameter `sort` and in cursors.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "-id",
            Self::Name => "name",
            Self::NameDescending => "-name",
            Self::Earliest => "date",
            Self::Latest => "-date",
            Self::Worst => "score",
            Self::Best => "-score",
        }
    }

    /// Returns the name without the direction.
    pub fn field(self) -> &'static str {
        self.name().trim_start_matches('-')
    }

    /// Returns whether the order is ascending.
    pub const fn is_ascending(self) -> bool {
        matches!(self, Self::Name | Self::Earliest | Self::Worst)
    }
}

impl Sort {
    /// The name of the order by relevance in cursors.
    const RELEVANCE: &str = "-relevance";

    /// Returns the default order.
    pub fn default_for(is_search: bool) -> Self {
        if is_search { Self::Relevance } else { Self::By(vec![SortKey::Newest]) }
    }

    /// Returns the name of the order in the parameter `sort` and in cursors.
    pub fn name(&self) -> Cow<'static, str> {
        match self {
            Self::Relevance => Self::RELEVANCE.into(),
            Self::By(keys) => match keys[..] {
                [key] => key.name().into(),
                _ => keys.iter().map(|key| key.name()).collect::<Vec<_>>().join(",").into(),
            },
        }
    }

    /// Returns the keys. The order by relevance has none.
    pub fn keys(&self) -> &[SortKey] {
        match self {
            Self::By(keys) => keys,
            Self::Relevance => &[],
        }
    }

    /// Reads the order that a client requests. Drops keys that have no effect: after the id, or after another key with the
    /// same field.
    fn parse(text: &str) -> Option<Self> {
        let mut keys: Vec<SortKey> = Vec::new();
        for name in text.split(SEPARATOR) {
            let key = SortKey::ALL.into_iter().find(|key| key.name() == name)?;
            if keys.iter().all(|before| before.field() != key.field() && *before != SortKey::Newest) {
                keys.push(key);
            }
        }
        Some(Self::By(keys))
    }

    /// Returns the order with this name in cursors.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            Self::RELEVANCE => Some(Self::Relevance),
            name => Self::parse(name).filter(|sort| sort.name() == name),
        }
    }
}

impl Field for Sort {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let sort = value.as_str().and_then(Self::parse);
        sort.ok_or_else(|| vec![Fault::enumeration(&SortKey::ALL.map(SortKey::name))])
    }
}

impl Serialize for Sort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl JsonSchema for Sort {
    fn schema_name() -> Cow<'static, str> {
        "Sort".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let key = format!("({})", SortKey::ALL.map(SortKey::name).join("|"));
        json_schema!({ "type": "string", "pattern": format!("^{key}(,{key})*$") })
    }
}

#[cfg(test)]
mod tests {
    use super::Sort;

    #[test]
    fn keys_without_effect_are_dropped() {
        for (text, name) in [
            ("-id", Some("-id")),
            ("-name", Some("-name")),
            ("-score,name", Some("-score,name")),
            ("score,-score,date", Some("score,date")),
            ("name,-id,date", Some("name,-id")),
            ("", None),
            ("id", None),
            ("name,", None),
            ("name, date", None),
            ("-relevance", None),
        ] {
            assert_eq!(Sort::parse(text).map(|sort| sort.name()).as_deref(), name, "{text}");
        }
        assert_eq!(Sort::named("score,-score"), None);
        assert_eq!(Sort::named("-relevance"), Some(Sort::Relevance));
    }
}
