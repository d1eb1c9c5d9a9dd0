//! What an endpoint takes, from the types that its input is read into.

use serde_json::{Value, json};
use utoipa::openapi::{
    RefOr, Required, Schema,
    path::{ParameterBuilder, ParameterIn},
};

use crate::input::Field;

/// Input that says what it is read from; [`input!`](crate::input!) implements it.
pub trait Takes {
    /// The fields, in the order in which faults in them are told.
    fn fields() -> Vec<Taken>;
}

/// A part of the path, a query parameter or a member of the body.
pub struct Taken {
    /// `path`, `query` or `body`.
    pub place: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub description: String,
    /// Whether it must be there.
    pub is_required: bool,
    /// What counts where it is not.
    pub default: Option<Value>,
    /// The values that it may have.
    pub schema: RefOr<Schema>,
}

impl Taken {
    /// A field that is read as a `T`.
    pub fn of<T: Field>(
        place: &'static str,
        name: &'static str,
        description: &str,
        default: Option<Value>,
    ) -> Self {
        let is_required = default.is_none() && T::absent().is_none();
        let description = description.trim().to_owned();
        Self { place, name, description, is_required, default, schema: T::schema() }
    }

    /// The field as a parameter of the path or the query.
    pub(super) fn parameter(self, example: Option<Value>) -> ParameterBuilder {
        let schema = match self.schema {
            RefOr::T(Schema::Object(mut object)) => {
                object.default = self.default;
                RefOr::T(Schema::Object(object))
            }
            schema => schema,
        };
        ParameterBuilder::new()
            .name(self.name)
            .parameter_in(if self.place == "path" { ParameterIn::Path } else { ParameterIn::Query })
            .required(if self.is_required { Required::True } else { Required::False })
            .description(Some(self.description).filter(|text| !text.is_empty()))
            .schema(Some(schema))
            .example(example)
    }

    /// What an empty body is told; where that is fine, what `x` is told in place of a number.
    pub(super) fn faults(fields: &[Self]) -> Vec<Value> {
        let missing = |field: &Self| json!({"type": "missing", "loc": ["body", field.name], "msg": "Field required", "input": {}});
        let required = fields.iter().filter(|field| field.place == "body" && field.is_required);
        let faults: Vec<_> = required.map(missing).collect();
        let number = fields.iter().find(|field| field.place != "body").filter(|_| faults.is_empty());
        let unreadable = number.map(|field| {
            json!({
                "type": "int_parsing",
                "loc": [field.place, field.name],
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "input": "x",
            })
        });
        faults.into_iter().chain(unreadable).collect()
    }
}
