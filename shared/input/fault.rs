//! One item of a 422 answer, in the shape that pydantic gives it.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Value, json};

use crate::http::Error;

/// What is wrong with one value.
#[derive(Debug, Serialize)]
pub struct Fault {
    #[serde(rename = "type")]
    kind: &'static str,
    loc: Vec<Value>,
    msg: Cow<'static, str>,
    input: Option<Value>,
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
    pub fn in_item(mut self, index: usize, input: &Value) -> Self {
        self.loc.insert(0, index.into());
        self.input.get_or_insert_with(|| input.clone());
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

    /// A value that must be there and is not.
    pub fn missing() -> Self {
        Self::new("missing", "Field required")
    }

    /// A body that is no JSON. `loc` says after how many characters reading stopped.
    pub fn json_invalid(text: &str, error: &serde_json::Error) -> Self {
        let lines_before: usize =
            text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
        let stopped = text.floor_char_boundary(lines_before + error.column().saturating_sub(1));
        let position = text[..stopped].chars().count();
        Self {
            loc: vec!["body".into(), position.into()],
            input: Some(json!({})),
            ..Self::new("json_invalid", "JSON decode error")
                .with_context(json!({ "error": error.to_string() }))
        }
    }

    /// The answer that tells this one fault of a query parameter.
    pub fn in_query(self, name: &str, input: &str) -> Error {
        Error::Invalid(vec![self.located(&["query", name], || input.into())])
    }

    /// The answer where the database refused a value of the query: that of `parameter`, if that is known.
    pub fn invalid_for_database(parameter: Option<&str>) -> Error {
        let place: Vec<_> = ["query"].into_iter().chain(parameter).collect();
        let fault = Self::value_error("The value cannot be looked for.");
        Error::Invalid(vec![fault.located(&place, || Value::Null)])
    }

    /// The fault as the client sees it: at `place`, with `input` unless it has one of its own.
    pub(super) fn located(mut self, place: &[&str], input: impl FnOnce() -> Value) -> Self {
        self.loc.splice(0..0, place.iter().copied().map(Value::from));
        self.input = Some(self.input.unwrap_or_else(input));
        self
    }

    /// Hides what must not be repeated in `input`.
    pub(super) fn masked(mut self, secret: bool) -> Self {
        self.input = self.input.map(|input| if secret { MASK.into() } else { mask(input) });
        self
    }
}

/// What stands in an answer where a secret stood in the request.
pub(super) const MASK: &str = "**********";

/// Whether a field of this name holds a secret.
pub(super) fn is_secret(name: &str) -> bool {
    matches!(name, "password" | "token" | "refresh_token")
}

/// `input` with its secrets hidden, and without numbers that are beyond a double (JSON has none).
fn mask(input: Value) -> Value {
    match input {
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| {
                let value = if is_secret(&name) { MASK.into() } else { mask(value) };
                (name, value)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(mask).collect(),
        Value::Number(number) if !number.as_f64().is_some_and(f64::is_finite) => Value::Null,
        other => other,
    }
}
