//! Schemas ([JSON Schema 2020-12](https://json-schema.org/draft/2020-12)) of texts, numbers and errors.

use serde::Serialize;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        AllOfBuilder, ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, SchemaFormat,
        schema::{AnyOfBuilder, Type},
    },
};

/// A text: `description` says what of.
pub fn text(description: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).description(Some(description))
}

/// A text of a format that tools know, such as `email`.
pub fn formatted(format: &str, description: &str) -> ObjectBuilder {
    text(description).format(Some(SchemaFormat::Custom(format.to_owned())))
}

/// One of these texts.
pub fn one_of(names: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}

/// A whole number from `least` to `most`, where these are bounds at all.
pub fn integer(least: i64, most: i64) -> RefOr<Schema> {
    let schema = ObjectBuilder::new().schema_type(Type::Integer);
    let schema = schema.minimum((least != i64::MIN).then_some(least as isize));
    schema.maximum((most != i64::MAX).then_some(most as isize)).into()
}

/// A number from `least` to `most`, or the same as text.
pub fn number(least: f64, most: Option<f64>) -> RefOr<Schema> {
    let number = ObjectBuilder::new().schema_type(Type::Number).minimum(Some(least)).maximum(most);
    let digits = text("The same as text; a sign, an exponent and blanks around it may be there too.")
        .pattern(Some(r"^[0-9]{1,2}(\.[0-9]{1,9})?$"));
    AnyOfBuilder::new().item(number).item(digits).into()
}

/// A list of what `items` says.
pub fn list(items: impl Into<RefOr<Schema>>) -> RefOr<Schema> {
    ArrayBuilder::new().items(items.into()).into()
}

/// An object whose one member is one of these sentences, or where `is_open` any sentence.
pub(super) fn sentence(member: &str, sentences: &[String], is_open: bool) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let text = if is_open { text } else { text.enum_values(Some(sentences.to_vec())) };
    ObjectBuilder::new().schema_type(Type::Object).required(member).property(member, text).into()
}

/// The one shape of errors, with the sentences that this one can say.
pub(super) fn error(sentences: &[String], is_open: bool) -> RefOr<Schema> {
    match is_open {
        true => Ref::from_schema_name("Error").into(),
        false => AllOfBuilder::new()
            .item(Ref::from_schema_name("Error"))
            .item(sentence("detail", sentences, false))
            .into(),
    }
}

/// Why a request was refused.
#[derive(ToSchema, Serialize)]
pub struct Error {
    /// A sentence.
    detail: String,
}

/// What is wrong with a request, all of it at once: path, then query, then body, each in the order of its
/// fields.
#[derive(ToSchema, Serialize)]
pub struct ValidationError {
    /// What is wrong.
    detail: Vec<Fault>,
}

/// What is wrong with one value.
#[derive(ToSchema, Serialize)]
pub struct Fault {
    /// The kind of fault, such as `missing`, `string_too_long` or `value_error`.
    #[serde(rename = "type")]
    kind: String,
    /// Where the value is: `path`, `query` or `body`, then the field, and for an item of a list its index; for
    /// a body that is no JSON the place where reading stopped.
    #[schema(schema_with = steps)]
    loc: Vec<Value>,
    /// The fault in words.
    msg: String,
    /// The value, or `**********` in place of a secret.
    #[schema(value_type = Value)]
    input: Value,
    /// What the words are made of.
    #[schema(value_type = Option<Object>, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    ctx: Option<Value>,
}

fn steps() -> RefOr<Schema> {
    let name = text("The name of a member.");
    let index =
        ObjectBuilder::new().schema_type(Type::Integer).description(Some("A place in a list or a text."));
    list(AnyOfBuilder::new().item(name).item(index))
}
