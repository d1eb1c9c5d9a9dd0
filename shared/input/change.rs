//! Members that may be left out.

use super::{Fault, Field};
use crate::json::Json;
use crate::openapi::{RefOr, Schema};

/// What a change says of one field of a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Change<T> {
    /// Nothing was sent: the field stays.
    Keep,
    /// `null` was sent.
    Null,
    /// The field's new value.
    To(T),
}

impl<T> Change<T> {
    /// The new value, where there is one.
    pub fn value(self) -> Option<T> {
        match self {
            Self::To(value) => Some(value),
            Self::Keep | Self::Null => None,
        }
    }

    /// The same without the value.
    pub fn kind(&self) -> Change<()> {
        match self {
            Self::Keep => Change::Keep,
            Self::Null => Change::Null,
            Self::To(_) => Change::To(()),
        }
    }
}

impl<T: Field> Field for Change<T> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        match value {
            Json::Null => Ok(Self::Null),
            value => T::parse(value).map(Self::To),
        }
    }

    fn absent() -> Option<Self> {
        Some(Self::Keep)
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

impl<T: Field> Field for Option<T> {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        T::parse(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}
