//! The order of a list of movies.

use std::borrow::Cow;

use crate::{
    json::Json,
    validation::{Fault, Field},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Serialize, Serializer};

/// The order of a list of movies. Movies with equal keys are in the order of their ids, in the same
/// direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Newest id first.
    Newest,
    /// By name, in byte order.
    Name,
    /// Earliest release first.
    Earliest,
    /// Latest release first.
    Latest,
    /// Lowest score first.
    Worst,
    /// Highest score first.
    Best,
    /// Best search result first.
    Relevance,
}

impl Sort {
    /// All orders.
    pub const ALL: [Self; 7] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best, Self::Relevance];

    /// The orders that a client can request.
    const PUBLIC: [Self; 6] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best];

    /// Returns the default order.
    pub const fn default_for(is_search: bool) -> Self {
        if is_search { Self::Relevance } else { Self::Newest }
    }

    /// Returns the name of the order in the parameter `sort` and in cursors.
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

    /// Returns whether the order is ascending.
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
