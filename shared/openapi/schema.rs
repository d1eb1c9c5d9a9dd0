//! Schemas ([JSON Schema 2020-12](https://json-schema.org/draft/2020-12)) of responses and errors.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::validation::Fault;

/// Returns the schema of a string: `description` says what it is.
pub fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

/// Returns the schema of one of these strings.
pub fn one_of<const N: usize>(names: [&str; N]) -> Value {
    json!({ "type": "string", "enum": names.as_slice() })
}

/// Returns a reference to the schema of this name.
pub(super) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// Returns a reference to the schema of what `T` serializes to, and all schemas that it refers to, its own included.
pub(super) fn serialized<T: JsonSchema>() -> (Value, Map<String, Value>) {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let mut generator = SchemaGenerator::new(settings);
    let schema = generator.subschema_for::<T>().to_value();
    (schema, generator.take_definitions(true))
}

/// Returns the schema of an object whose one member is one of these sentences, or where `is_open` any sentence.
pub(super) fn sentence(member: &str, sentences: &[String], is_open: bool) -> Value {
    let text =
        if is_open { json!({ "type": "string" }) } else { json!({ "type": "string", "enum": sentences }) };
    json!({ "type": "object", "required": [member], "properties": { member: text } })
}

/// Returns the one schema of errors, with the sentences that this one can say.
pub(super) fn error(sentences: &[String], is_open: bool) -> Value {
    match is_open {
        true => reference("Error"),
        false => json!({ "allOf": [reference("Error"), sentence("detail", sentences, false)] }),
    }
}

/// Returns the schemas that are referred to by name without a type: that of errors.
pub fn common() -> Map<String, Value> {
    serialized::<Error>().1
}

/// Why a request failed.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it stands for its schema")]
struct Error {
    /// A sentence.
    detail: String,
}

/// What is wrong with a request, all of it at once: path, then query, then body, each in the order of its
/// fields.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "it stands for its schema")]
pub struct ValidationError {
    /// What is wrong.
    detail: Vec<Fault>,
}
