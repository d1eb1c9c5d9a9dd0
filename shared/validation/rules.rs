//! Converts errors of `#[validate(…)]` to faults with the contract's sentences.

use std::borrow::Cow;

use serde_json::{Value, json};
use validator::{ValidationError, ValidationErrors};

use super::Fault;

/// The code of an error of a custom rule.
const VALUE_ERROR: &str = "value_error";

/// The code of an error of a pattern.
const PATTERN_MISMATCH: &str = "string_pattern_mismatch";

/// Returns the error of a custom rule, for `#[validate(custom(function = "…"))]`.
pub fn violated(sentence: impl Into<Cow<'static, str>>) -> ValidationError {
    ValidationError::new(VALUE_ERROR).with_message(sentence.into())
}

/// Returns the error of a text that does not match `pattern`, for `#[validate(custom(function = "…"))]`.
pub fn pattern_violated(pattern: &'static str) -> ValidationError {
    ValidationError::new(PATTERN_MISMATCH).with_message(pattern.into())
}

/// Returns the first violated rule of each field, with the index of the field in `fields`.
///
/// [`ValidationErrors`] has no order among fields. Within a field, the order is length, range, regex, custom.
pub(super) fn faults(errors: &ValidationErrors, fields: &[&str]) -> Vec<(usize, Fault)> {
    let all = errors.errors();
    let errors = errors.field_errors();
    let is_reported = |name: &&str| fields.contains(name) && errors.contains_key(*name);
    // An error that is not reported would mean that the input is accepted.
    let mut others = all.keys().map(|name| &**name).filter(|name| !is_reported(name));
    assert_eq!(others.next(), None, "only the rules of a field itself can be reported");
    let first = |(place, name): (usize, &&str)| Some((place, fault(errors.get(*name)?.first()?)));
    fields.iter().enumerate().filter_map(first).collect()
}

/// Returns the violated rule of a model with one field.
pub fn only_fault(errors: &ValidationErrors) -> Option<Fault> {
    errors.field_errors().into_values().next()?.first().map(fault)
}

pub(super) fn fault(error: &ValidationError) -> Fault {
    let message = error.message.as_deref().unwrap_or_default();
    match &*error.code {
        "length" => length(error),
        "range" => range(error),
        PATTERN_MISMATCH => Fault::new(PATTERN_MISMATCH, format!("String should match pattern '{message}'"))
            .with_context(json!({ "pattern": message })),
        _ => Fault::value_error(message),
    }
}

fn length(error: &ValidationError) -> Fault {
    let bound = |name| error.params.get(name).and_then(Value::as_u64).map(|bound| bound as usize);
    let (length, is_list) = match error.params.get("value") {
        Some(Value::Array(items)) => (items.len(), true),
        Some(Value::String(text)) => (text.chars().count(), false),
        _ => (0, false),
    };
    match (bound("min"), bound("max")) {
        (Some(min), _) if length < min && is_list => Fault::too_few(min, length),
        (Some(min), _) if length < min => Fault::too_short(min),
        (_, max) if is_list => Fault::too_many(max.unwrap_or_default(), length),
        (_, max) => Fault::too_long(max.unwrap_or_default()),
    }
}

fn range(error: &ValidationError) -> Fault {
    let number = |name| error.params.get(name).and_then(Value::as_f64);
    let (kind, words, key, bound) = match (number("value"), number("min")) {
        (Some(value), Some(min)) if value < min => ("greater_than_equal", "greater", "ge", "min"),
        _ => ("less_than_equal", "less", "le", "max"),
    };
    // A double without decimals is written without them, like Python's %g.
    let shown = number(bound).unwrap_or_default();
    let message = format!("Input should be {words} than or equal to {shown}");
    Fault::new(kind, message).with_context(json!({ key: error.params.get(bound) }))
}
