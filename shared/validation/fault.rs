//! One item of a 422 response, in pydantic's format.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::EchoedInput;
use crate::json::{Json, JsonError};

/// How many faults a response lists at most.
pub const MAX_FAULTS: usize = 100;

/// What is wrong with one value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fault {
    /// The type of the fault, such as `missing`, `string_too_long` or `value_error`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The location of the value: `path`, `query` or `body`, then the field, then the index in a list. For a
    /// body that is not JSON, the position of the error.
    #[schemars(with = "Vec<Step>")]
    loc: Vec<Value>,
    /// The fault as a sentence.
    msg: Cow<'static, str>,
    /// The value, or `**********` instead of a secret.
    #[schemars(with = "Value", required)]
    input: Option<EchoedInput>,
    /// The values in the sentence.
    #[serde(rename = "ctx", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Map<String, Value>")]
    context: Option<Value>,
}

/// A member of `loc`, for its schema.
#[derive(JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
#[expect(dead_code, reason = "it stands for its schema")]
enum Step {
    /// The name of a member.
    Name(String),
    /// An index in a list, or a position in a text.
    Index(u64),
}

impl Fault {
    /// Returns a fault of this type in the value that is being read.
    pub fn new(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, loc: Vec::new(), msg: message.into(), input: None, context: None }
    }

    /// Returns the name of the field, or `None` if the fault is in no field.
    pub fn field(&self) -> Option<&str> {
        self.loc.get(1)?.as_str()
    }

    /// Returns the index of the item if the field is a list.
    pub fn item(&self) -> Option<usize> {
        self.loc.get(2)?.as_u64().map(|index| index as usize)
    }

    /// Returns the sentence.
    pub fn message(&self) -> &str {
        &self.msg
    }

    /// Adds the input, unless the fault has one.
    pub fn of_input(mut self, input: &Json<'_>) -> Self {
        self.input.get_or_insert_with(|| EchoedInput::of(input));
        self
    }

    /// Adds `ctx`.
    pub fn with_context(self, context: Value) -> Self {
        Self { context: Some(context), ..self }
    }

    /// Moves the fault into item `index` of the list that is being read. `input` is that item.
    pub fn in_item(mut self, index: usize, input: &Json<'_>) -> Self {
        self.loc.insert(0, index.into());
        self.of_input(input)
    }

    /// Returns the fault of a custom rule with its sentence.
    pub fn value_error(sentence: &str) -> Self {
        Self::new("value_error", format!("Value error, {sentence}")).with_context(json!({ "error": {} }))
    }

    /// Returns the fault of a value that is none of `names`, which are at least two.
    pub fn enumeration(names: &[&str]) -> Self {
        let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
        let (last, others) = quoted.split_last().expect("there are names");
        let expected = format!("{} or {last}", others.join(", "));
        Self::new("enum", format!("Input should be {expected}")).with_context(json!({ "expected": expected }))
    }

    /// Returns the fault of a text with fewer than `least` characters.
    pub fn too_short(least: usize) -> Self {
        let plural = if least == 1 { "" } else { "s" };
        Self::new("string_too_short", format!("String should have at least {least} character{plural}"))
            .with_context(json!({ "min_length": least }))
    }

    /// Returns the fault of a text with more than `most` characters.
    pub fn too_long(most: usize) -> Self {
        Self::new("string_too_long", format!("String should have at most {most} characters"))
            .with_context(json!({ "max_length": most }))
    }

    /// Returns the fault of a list with `length` items that requires at least `least`.
    pub fn too_few(least: usize, length: usize) -> Self {
        let plural = if least == 1 { "" } else { "s" };
        let message =
            format!("List should have at least {least} item{plural} after validation, not {length}");
        let context = json!({ "field_type": "List", "min_length": least, "actual_length": length });
        Self::new("too_short", message).with_context(context)
    }

    /// Returns the fault of a list with `length` items that allows at most `most`.
    pub fn too_many(most: usize, length: usize) -> Self {
        let message = format!("List should have at most {most} items after validation, not {length}");
        let context = json!({ "field_type": "List", "max_length": most, "actual_length": length });
        Self::new("too_long", message).with_context(context)
    }

    /// Returns the fault of a missing value.
    pub fn missing() -> Self {
        Self::new("missing", "Field required")
    }

    /// Returns the fault of a body that is not JSON. `loc` contains the position of the error in characters.
    pub fn json_invalid(error: &JsonError) -> Self {
        Self {
            loc: vec!["body".into(), error.position.into()],
            input: Some(EchoedInput::of(&Json::Object(Default::default()))),
            ..Self::new("json_invalid", "JSON decode error")
                .with_context(json!({ "error": error.to_string() }))
        }
    }

    /// Locates the fault in the query parameter `name` with the value `input`.
    pub fn in_query(self, name: &str, input: &str) -> Self {
        self.located(&["query", name], || EchoedInput::of(&input.into()))
    }

    /// Returns the fault of a query value that the database rejected: of `parameter`, if it is known.
    pub fn invalid_for_database(parameter: Option<&str>) -> Self {
        let place: Vec<_> = ["query"].into_iter().chain(parameter).collect();
        let fault = Self::value_error("The value cannot be looked for.");
        fault.located(&place, || EchoedInput::of(&Json::Null))
    }

    /// Adds the location and, unless the fault has one, the input.
    pub fn located(mut self, place: &[&str], input: impl FnOnce() -> EchoedInput) -> Self {
        self.loc.splice(0..0, place.iter().copied().map(Value::from));
        self.input.get_or_insert_with(input);
        self
    }

    /// Masks the input.
    pub fn of_secret(self) -> Self {
        Self { input: Some(EchoedInput::secret()), ..self }
    }
}
