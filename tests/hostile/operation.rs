//! The operations of the API, from its OpenAPI description.

use axum::http::Method;
use serde_json::Value;

use crate::support::description::description;

/// One operation.
pub struct Operation {
    /// Its `operationId`.
    pub id: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path, with `{name}` for parameters.
    pub path: &'static str,
    /// The parameters of the path, the query and the headers.
    pub parameters: Vec<Parameter>,
    /// The schema of the JSON body, if it has one.
    pub body: Option<&'static Value>,
    /// The schema of the form, if it has one.
    pub form: Option<&'static Value>,
    /// Whether it needs an access token.
    pub is_secured: bool,
}

/// A parameter of an operation.
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// `path`, `query` or `header`.
    pub place: &'static str,
    /// Its schema.
    pub schema: &'static Value,
}

impl Operation {
    /// Returns every operation of the description.
    pub async fn all() -> Vec<Self> {
        let paths = description().await["paths"].as_object().expect("there are paths");
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().expect("a path has operations").iter();
            methods.map(move |(method, value)| Self::read(path, method, value))
        });
        operations.collect()
    }

    fn read(path: &'static str, method: &str, value: &'static Value) -> Self {
        let text = |value: &'static Value| value.as_str().expect("the description is valid");
        let parameters = value["parameters"].as_array().into_iter().flatten().map(|parameter| Parameter {
            name: text(&parameter["name"]),
            place: text(&parameter["in"]),
            schema: &parameter["schema"],
        });
        Self {
            id: text(&value["operationId"]),
            method: method.to_ascii_uppercase().parse().expect("it is a method"),
            path,
            parameters: parameters.collect(),
            body: value.pointer("/requestBody/content/application~1json/schema"),
            form: value.pointer("/requestBody/content/multipart~1form-data/schema"),
            is_secured: value.get("security").is_some(),
        }
    }

    /// Returns the parameters of a place.
    pub fn parameters_in(&self, place: &str) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }
}

/// Returns the schema that a reference points to, or the schema itself.
pub fn resolve(description: &'static Value, schema: &'static Value) -> &'static Value {
    let target = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.map_or(schema, |pointer| description.pointer(pointer).expect("the description is valid"))
}
