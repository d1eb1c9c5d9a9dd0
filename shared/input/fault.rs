//! One item of a 422 answer, in the shape that pydantic gives it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use super::Repeated;
use crate::{
    http::Error,
    json::{Json, JsonError},
};

/// How many faults an answer lists.
pub const MAX_FAULTS: usize = 100;

/// What is wrong with one value.
#[derive(Debug, Serialize)]
pub struct Fault {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Value>,
    msg: Cow<'static, str>,
    input: Option<Repeated>,
    #[serde(rename = "ctx", skip_serializing_if = "Option::is_none")]
    context: Option<Value>,
}

impl Fault {
    /// A fault of this type and message in the value that is being read.
    pub fn new(kind: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, loc: Vec::new(), msg: message.into(), input: None, context: None }
    }

    /// Adds `ctx`.
    pub fn with_context(self, context: Value) -> Self {
        Self { context: Some(context), ..self }
    }

    /// Moves the fault into the item `index` of the list that is being read; `input` is that item.
    pub fn in_item(mut self, index: usize, input: &Json<'_>) -> Self {
        self.loc.insert(0, index.into());
        self.input.get_or_insert_with(|| Repeated::of(input));
        self
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

    /// The answer that tells this one fault of a query parameter.
    pub fn in_query(self, name: &str, input: &str) -> Error {
        Error::Invalid(vec![self.located(&["query", name], || Repeated::of(&input.into()))])
    }

    /// The answer where the database refused a value of the query: that of `parameter`, if that is known.
    pub fn invalid_for_database(parameter: Option<&str>) -> Error {
        let place: Vec<_> = ["query"].into_iter().chain(parameter).collect();
        let fault = Self::value_error("The value cannot be looked for.");
        Error::Invalid(vec![fault.located(&place, || Repeated::of(&Json::Null))])
    }

    /// The fault as the client sees it: at `place`, with `input` unless it has one of its own.
    pub(super) fn located(mut self, place: &[&str], input: impl FnOnce() -> Repeated) -> Self {
        self.loc.splice(0..0, place.iter().copied().map(Value::from));
        self.input.get_or_insert_with(input);
        self
    }

    /// The same fault of a value that must not be repeated.
    pub(super) fn of_secret(self) -> Self {
        Self { input: Some(Repeated::secret()), ..self }
    }
}
