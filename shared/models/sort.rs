//! The order of a list.

use std::borrow::Cow;

use crate::{
    json::Json,
    validation::{Fault, Field},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// An order of movies. Movies alike are in the order of their ids, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The newest id first.
    Newest,
    /// By name, in the order of the bytes.
    Name,
    /// The earliest release first.
    Earliest,
    /// The latest release first.
    Latest,
    /// The lowest score first.
    Worst,
    /// The highest score first.
    Best,
    /// What fits the search best first.
    Relevance,
}

impl Sort {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best, Self::Relevance];

    /// Those that a client can ask for.
    const PUBLIC: [Self; 6] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best];

    /// The order where none is asked for.
    pub const fn default_for(is_search: bool) -> Self {
        if is_search { Self::Relevance } else { Self::Newest }
    }

    /// How the parameter `sort` and cursors call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Newest => "-id",
            Self::Name => "name",
            Self::Earliest => "date",
            Self::Latest => "-date",
            Self::Worst => "score",
            Self::Best => "-score",
            Self::Relevance => "-relevance",
        }
    }

    /// Whether it begins with the smallest.
    pub const fn is_ascending(self) -> bool {
        matches!(self, Self::Name | Self::Earliest | Self::Worst)
    }
}

impl Field for Sort {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let sort = Self::PUBLIC.into_iter().find(|sort| value.as_str() == Some(sort.name()));
        sort.ok_or_else(|| vec![Fault::enumeration(&Self::PUBLIC.map(Self::name))])
    }
}

impl Serialize for Sort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
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
        json_schema!({ "type": "string", "enum": Self::PUBLIC.map(Self::name) })
    }
}
