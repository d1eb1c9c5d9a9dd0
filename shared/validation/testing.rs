//! Helpers of unit tests that read fields and models.

use std::fmt::Display;

use serde_json::{Value, json};

use super::{Field, FromObject, Object};
use crate::json::Json;

/// Reads a `T` from the JSON text `sent`. Fails with the faults as a response lists them, before they are
/// located.
pub fn read_field<T: Field>(sent: impl Display) -> Result<T, Value> {
    let text = sent.to_string();
    T::read(&Json::parse(&text).expect("it is JSON")).map_err(|faults| json!(faults))
}

/// Returns the only fault of `sent` as a `T`. Panics if there is none or more than one.
#[track_caller]
pub fn field_fault<T: Field>(sent: impl Display) -> Value {
    match read_field::<T>(&sent).err() {
        Some(Value::Array(mut faults)) if faults.len() == 1 => faults.remove(0),
        faults => panic!("{sent} has {faults:?}"),
    }
}

/// Reads a `T` from the JSON text `sent`, which is an object. Fails with the faults as a response lists them.
pub fn read<T: FromObject>(place: &'static str, sent: impl Display) -> Result<T, Value> {
    let text = sent.to_string();
    let object = Json::parse(&text).expect("it is JSON");
    T::from_object(Object::new(place, &object)).map_err(|faults| json!(faults))
}

/// Returns the faults of the object `sent`; an empty list if it is valid.
pub fn faults<T: FromObject>(place: &'static str, sent: impl Display) -> Value {
    read::<T>(place, sent).err().unwrap_or_else(|| json!([]))
}
