//! Patches: new values for some fields of a model.

use schemars::Schema;
use serde_json::Value;

use super::{Fault, FromObject, Model, Object, model::PatchState};

/// A model with fields that can be changed.
pub trait Patchable: Model {
    /// The name of the patch in the API's description.
    const PATCH_NAME: &'static str;

    /// The fields that a patch ignores, like unknown members.
    const FIXED: &'static [&'static str];
}

/// New values for some fields of an `M`, each within the limits of `M`.
pub struct Patch<M: Model> {
    /// The new values.
    pub values: M::Draft,
    /// Whether `null` was sent for a field.
    pub has_null: bool,
    /// Whether a new value was sent.
    pub has_value: bool,
}

impl<M: Patchable> FromObject for Patch<M> {
    const FIELDS: &'static [&'static str] = M::FIELDS;

    fn from_object(mut object: Object<'_>) -> Result<Self, Vec<Fault>> {
        object.patch = Some(PatchState { fixed: M::FIXED, ..PatchState::default() });
        let values = M::draft(&mut object);
        let faults = object.faults(&values, M::FIELDS, None);
        let PatchState { has_null, has_value, .. } = object.patch.unwrap_or_default();
        if faults.is_empty() { Ok(Self { values, has_null, has_value }) } else { Err(faults) }
    }

    fn schema_name() -> String {
        M::PATCH_NAME.to_owned()
    }

    fn schema() -> Schema {
        let mut schema = M::schema();
        schema.remove("required");
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties.retain(|name, _| !M::FIXED.contains(&name.as_str()));
        }
        schema
    }
}
