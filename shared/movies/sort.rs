//! The order of a list.

use crate::{
    input::{Fault, Field},
    json::Json,
    openapi::{RefOr, Schema, schema},
};

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
    pub(super) const ALL: [Self; 7] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best, Self::Relevance];

    /// Those that a client can ask for.
    const PUBLIC: [Self; 6] =
        [Self::Newest, Self::Name, Self::Earliest, Self::Latest, Self::Worst, Self::Best];

    /// The order where none is asked for.
    pub const fn usual(is_search: bool) -> Self {
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

    /// What it sorts by before the id, as SQL; in it `query` stands for the search.
    pub(super) const fn key(self) -> Option<&'static str> {
        match self {
            Self::Newest => None,
            Self::Name => Some(r#"name COLLATE "C""#),
            Self::Earliest | Self::Latest => Some("date"),
            Self::Worst | Self::Best => Some("score"),
            Self::Relevance => Some("ts_rank(search, query)"),
        }
    }

    /// Whether it begins with the smallest.
    pub(super) const fn ascends(self) -> bool {
        matches!(self, Self::Name | Self::Earliest | Self::Worst)
    }
}

impl Field for Sort {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let sort = Self::PUBLIC.into_iter().find(|sort| value.as_str() == Some(sort.name()));
        sort.ok_or_else(|| vec![Fault::enumeration(&Self::PUBLIC.map(Self::name))])
    }

    fn schema() -> RefOr<Schema> {
        schema::one_of(Self::PUBLIC.map(Self::name))
    }
}
