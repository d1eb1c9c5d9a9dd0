//! Schemas ([JSON Schema 2020-12](https://json-schema.org/draft/2020-12)) of responses and errors.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::validation::Fault;

/// Returns the schema of a string with this description.
pub fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// Returns the schema of a string that is one of `names`.
pub fn one_of<const N: usize>(names: [&str; N]) -> Value {
    json!({ "type": "string", "enum": names.as_slice() })
}

/// Returns a reference to the schema with this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns a reference to the schema that `T` serializes to, and all schemas that it references, including
/// its own.
pub(super) fn serialized<T: JsonSchema>() -> (Value, Map<String, Value>) {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let schema = generator.subschema_for::<T>().to_value();
    (schema, generator.take_definitions(true))
}

/// Returns the schema of an object whose only member is one of these sentences, or any sentence if `is_open`.
pub(super) fn sentence(member: &str, sentences: &[String], is_open: bool) -> Value {
    let text =
        if is_open { json!({ "type": "string" }) } else { json!({ "type": "string", "enum": sentences }) };
    json!({ "type": "object", "required": [member], "properties": { member: text } })
}

/// Returns the schema of an error with one of these sentences, or with any sentence if `is_open`.
pub(super) fn error(sentences: &[String], is_open: bool) -> Value {
    if is_open {
        reference("Error")
    } else {
        json!({ "allOf": [reference("Error"), sentence("detail", sentences, false)] })
    }
}

/// Returns the schemas that are referenced by name without a type: the schema of errors.
pub fn common() -> Map<String, Value> {
    serialized::<Error>().1
}

/// Why a request failed.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it stands for its schema")]
struct Error {
    /// A sentence that describes the error.
    detail: String,
}

/// Everything that is wrong with a request: path, then query, then body, each in the order of its fields.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it stands for its schema")]
pub struct ValidationError {
    /// The faults.
    detail: Vec<Fault>,
}
