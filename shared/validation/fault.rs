//! One item of a 422 answer, in the shape that pydantic gives it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Repeated;
use crate::json::{Json, JsonError};

/// How many faults an answer lists.
pub const MAX_FAULTS: usize = 100;

/// What is wrong with one value.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fault {
    /// The kind of fault, such as `missing`, `string_too_long` or `value_error`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where the value is: `path`, `query` or `body`, then the field, and for an item of a list its index; for a body
    /// that is not JSON the place where reading stopped.
    #[schemars(with = "Vec<Step>")]
    loc: Vec<Value>,
    /// The fault in words.
    msg: Cow<'static, str>,
    /// The value, or `**********` in place of a secret.
    #[schemars(with = "Value", required)]
    input: Option<Repeated>,
    /// What the words are made of.
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
    /// A place in a list or a text.
    Index(u64),
}

impl Fault {
    /// A fault of this type and message in the value that is being read.
    pub fn new(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, loc: Vec::new(), msg: message.into(), input: None, context: None }
    }

    /// Returns the name of the field that it is in; `None` where it is in none.
    pub fn field(&self) -> Option<&str> {
        self.loc.get(1)?.as_str()
    }

    /// Returns the place of the item that it is in, where the field is a list.
    pub fn item(&self) -> Option<usize> {
        self.loc.get(2)?.as_u64().map(|index| index as usize)
    }

    /// Returns the fault in words.
    pub fn message(&self) -> &str {
        &self.msg
    }

    /// Says which value it is about, unless it does already.
    pub fn of_input(mut self, input: &Json<'_>) -> Self {
        self.input.get_or_insert_with(|| Repeated::of(input));
        self
    }

    /// Adds `ctx`.
    pub fn with_context(self, context: Value) -> Self {
        Self { context: Some(context), ..self }
    }

    /// Moves the fault into the item `index` of the list that is being read; `input` is that item.
    pub fn in_item(mut self, index: usize, input: &Json<'_>) -> Self {
        self.loc.insert(0, index.into());
        self.of_input(input)
    }

    /// A fault that a rule of our own finds; `sentence` says it.
    pub fn value_error(sentence: &str) -> Self {
        Self::new("value_error", format!("Value error, {sentence}")).with_context(json!({ "error": {} }))
    }

    /// A value that is none of `names`, of which there are at least two.
    pub fn enumeration(names: &[&str]) -> Self {
        let quoted: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
        let (last, others) = quoted.split_last().expect("there are names");
        let expected = format!("{} or {last}", others.join(", "));
        Self::new("enum", format!("Input should be {expected}")).with_context(json!({ "expected": expected }))
    }

    /// A text with fewer than `least` characters.
    pub fn too_short(least: usize) -> Self {
        let plural = if least == 1 { "" } else { "s" };
        Self::new("string_too_short", format!("String should have at least {least} character{plural}"))
            .with_context(json!({ "min_length": least }))
    }

    /// A text with more than `most` characters.
    pub fn too_long(most: usize) -> Self {
        Self::new("string_too_long", format!("String should have at most {most} characters"))
            .with_context(json!({ "max_length": most }))
    }

    /// A list of `length` items where there must be `least`.
    pub fn too_few(least: usize, length: usize) -> Self {
        let plural = if least == 1 { "" } else { "s" };
        let message =
            format!("List should have at least {least} item{plural} after validation, not {length}");
        let context = json!({ "field_type": "List", "min_length": least, "actual_length": length });
        Self::new("too_short", message).with_context(context)
    }

    /// A list of `length` items where `most` are allowed.
    pub fn too_many(most: usize, length: usize) -> Self {
        let message = format!("List should have at most {most} items after validation, not {length}");
        let context = json!({ "field_type": "List", "max_length": most, "actual_length": length });
        Self::new("too_long", message).with_context(context)
    }

    /// A value that must be there and is not.
    pub fn missing() -> Self {
        Self::new("missing", "Field required")
    }

    /// A body that is not JSON. `loc` says after how many characters reading stopped.
    pub fn json_invalid(error: &JsonError) -> Self {
        Self {
            loc: vec!["body".into(), error.position.into()],
            input: Some(Repeated::of(&Json::Object(Default::default()))),
            ..Self::new("json_invalid", "JSON decode error")
                .with_context(json!({ "error": error.to_string() }))
        }
    }

    /// The same fault of the query parameter `name`, which was `input`.
    pub fn in_query(self, name: &str, input: &str) -> Self {
        self.located(&["query", name], || Repeated::of(&input.into()))
    }

    /// The fault of a value of the query that the database refused: that of `parameter`, if that is known.
    pub fn invalid_for_database(parameter: Option<&str>) -> Self {
        let place: Vec<_> = ["query"].into_iter().chain(parameter).collect();
        let fault = Self::value_error("The value cannot be looked for.");
        fault.located(&place, || Repeated::of(&Json::Null))
    }

    /// The fault as the client sees it: at `place`, with `input` unless it has one of its own.
    pub fn located(mut self, place: &[&str], input: impl FnOnce() -> Repeated) -> Self {
        self.loc.splice(0..0, place.iter().copied().map(Value::from));
        self.input.get_or_insert_with(input);
        self
    }

    /// The same fault of a value that must not be repeated.
    pub fn of_secret(self) -> Self {
        Self { input: Some(Repeated::secret()), ..self }
    }
}
