//! Models: structures that are read from JSON objects.

use std::cell::OnceCell;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::{Map, Value};
use validator::{Validate, ValidationError};

use super::{EchoedInput, Fault, Field, MAX_FAULTS, is_secret, rules};
use crate::json::Json;

pub use crate::__model as model;

/// A structure that clients send. [`model!`](crate::model!) implements it.
pub trait Model: JsonSchema + Sized {
    /// The model while it is being read: a field is `None` until its value has the right type.
    type Draft: Validate;

    /// The names of the fields, in order.
    const FIELDS: &'static [&'static str];

    /// Whether all values of a repeated query parameter count, for each field.
    const REPEATABLE: &'static [bool];

    /// Reads every field of `object`.
    fn draft(object: &mut Object<'_>) -> Self::Draft;

    /// Returns the model if every field has a value.
    fn complete(draft: Self::Draft) -> Option<Self>;

    /// Returns the default values.
    fn defaults() -> Map<String, Value>;

    /// Applies a rule that is about several fields, and returns the field that breaks it.
    fn broken_rule(_draft: &Self::Draft) -> Option<(&'static str, ValidationError)> {
        None
    }
}

/// What can be read from a JSON object: a [`Model`], or a [`Patch`](super::Patch) of one.
pub trait FromObject: Sized {
    /// The names of the members that are read, in the order in which their faults are reported.
    const FIELDS: &'static [&'static str];

    /// Whether all values of a repeated query parameter count, for each field. If it is shorter, the rest is false.
    const REPEATABLE: &'static [bool] = &[];

    /// Reads `object`. Fails with every fault in it, at most one hundred.
    fn from_object(object: Object<'_>) -> Result<Self, Vec<Fault>>;

    /// Returns the name of the schema.
    fn schema_name() -> String;

    /// Returns the schema of the object, with defaults and without references.
    fn schema() -> Schema;
}

impl<M: Model> FromObject for M {
    const FIELDS: &'static [&'static str] = M::FIELDS;

    const REPEATABLE: &'static [bool] = M::REPEATABLE;

    fn from_object(mut object: Object<'_>) -> Result<Self, Vec<Fault>> {
        let draft = M::draft(&mut object);
        let faults = object.faults(&draft, M::FIELDS, M::broken_rule(&draft));
        match M::complete(draft) {
            Some(model) if faults.is_empty() => Ok(model),
            _ => Err(faults),
        }
    }

    fn schema_name() -> String {
        <M as JsonSchema>::schema_name().into_owned()
    }

    fn schema() -> Schema {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<M>();
        for name in ["$schema", "title"] {
            schema.remove(name);
        }
        let defaults = M::defaults();
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| !name.as_str().is_some_and(|name| defaults.contains_key(name)));
        }
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            for (name, property) in properties {
                let Some(property) = property.as_object_mut() else { continue };
                without_null(property);
                if let Some(default) = defaults.get(name) {
                    property.insert("default".to_owned(), default.clone());
                }
            }
        }
        schema
    }
}

/// Removes `null` from a field's schema: an optional field is omitted, not sent as `null`.
fn without_null(property: &mut Map<String, Value>) {
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = property.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
}

/// A JSON object whose members are being read, and their faults.
pub struct Object<'a> {
    place: &'static str,
    json: &'a Json<'a>,
    /// How many fields were read.
    asked: usize,
    /// Faults with the index of their field.
    faults: Vec<(usize, Fault)>,
    /// The object as faults echo it.
    echoed: OnceCell<EchoedInput>,
    /// The state of a patch, if the object is read as one.
    pub(super) patch: Option<PatchState>,
}

/// What was found in a patch so far.
#[derive(Default)]
pub(super) struct PatchState {
    /// The fields that a patch ignores.
    pub fixed: &'static [&'static str],
    /// Whether a field was `null`.
    pub has_null: bool,
    /// Whether a field had a value.
    pub has_value: bool,
}

impl<'a> Object<'a> {
    /// Starts to read the object `json` in `place` (`path`, `query` or `body`).
    pub fn new(place: &'static str, json: &'a Json<'a>) -> Self {
        Self { place, json, asked: 0, faults: Vec::new(), echoed: OnceCell::new(), patch: None }
    }

    /// Starts to read the fields of a form. Faults of missing ones echo `null`, not the form.
    pub fn of_form(json: &'a Json<'a>) -> Self {
        Self { echoed: EchoedInput::of(&Json::Null).into(), ..Self::new("body", json) }
    }

    /// Reads the member `name`, or records its faults and returns `None`. A missing member has the value
    /// `default`.
    pub fn field<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let field = self.asked;
        self.asked += 1;
        let value = self.json.get(name);
        if let Some(patch) = &mut self.patch {
            match value {
                None => return None,
                Some(_) if patch.fixed.contains(&name) => return None,
                Some(Json::Null) => {
                    patch.has_null = true;
                    return None;
                }
                Some(_) => patch.has_value = true,
            }
        }
        let Some(value) = value else {
            if default.is_none() {
                let fault = Fault::missing().located(&[self.place, name], || self.whole());
                self.faults.push((field, fault));
            }
            return default;
        };
        match T::read(value) {
            Ok(read) => Some(read),
            Err(faults) => {
                let faults: Vec<_> =
                    faults.into_iter().map(|fault| (field, self.located(name, fault))).collect();
                self.faults.extend(faults);
                None
            }
        }
    }

    /// Returns every fault in the order of the fields: values that could not be read, and rules that `draft`
    /// violates. `last` is the violated rule of a field, reported if nothing else is wrong with the field.
    pub(super) fn faults(
        &mut self,
        draft: &impl Validate,
        fields: &[&str],
        last: Option<(&'static str, ValidationError)>,
    ) -> Vec<Fault> {
        if let Err(errors) = draft.validate() {
            let broken = rules::faults(&errors, fields);
            let broken = broken.into_iter().map(|(field, fault)| (field, self.located(fields[field], fault)));
            let broken: Vec<_> = broken.collect();
            self.faults.extend(broken);
        }
        if let Some((name, error)) = last
            && let Some(field) = fields.iter().position(|field| *field == name)
            && !self.faults.iter().any(|(faulty, _)| *faulty == field)
        {
            self.faults.push((field, self.located(name, rules::fault(&error))));
        }
        self.faults.sort_by_key(|(field, _)| *field);
        self.faults.drain(..).map(|(_, fault)| fault).take(MAX_FAULTS).collect()
    }

    fn located(&self, name: &str, fault: Fault) -> Fault {
        let value = self.json.get(name).unwrap_or(&Json::Null);
        let fault = fault.located(&[self.place, name], || EchoedInput::of(value));
        if is_secret(name) { fault.of_secret() } else { fault }
    }

    fn whole(&self) -> EchoedInput {
        let whole = if self.place == "body" { self.json } else { &Json::Null };
        self.echoed.get_or_init(|| EchoedInput::of(whole)).clone()
    }
}

/// Declares a [`Model`] and its draft.
///
/// A field's type is a [`Field`](crate::validation::Field), with any attributes of validator and schemars. A
/// field is optional if its type is an `Option` (written as a plain name, which validator looks for), or if
/// `= value` gives its default. After the structure, `rule(draft) = …;` gives [`Model::broken_rule`].
#[doc(hidden)]
#[macro_export]
macro_rules! __model {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident, draft $draft:ident {
            $( $(#[$field_attribute:meta])* pub $field:ident: $type:ident $(<$inner:ident>)? $(= $default:expr)? ),* $(,)?
        }
        $(rule($read:ident) = $rule:expr;)?
    ) => {
        $(#[$attribute])*
        #[derive(::schemars::JsonSchema, ::validator::Validate)]
        pub struct $name {
            $( $(#[$field_attribute])* pub $field: $type $(<$inner>)? ),*
        }

        #[doc = concat!("A [`", stringify!($name), "`] while it is read: a field without a value is `None`.")]
        // JsonSchema is derived only to allow the attributes of schemars here too.
        #[derive(::schemars::JsonSchema, ::validator::Validate)]
        pub struct $draft {
            $( $(#[$field_attribute])* pub $field: Option<$type $(<$inner>)?> ),*
        }

        impl $crate::validation::Model for $name {
            type Draft = $draft;

            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),*];

            const REPEATABLE: &'static [bool] =
                &[$(<$type $(<$inner>)? as $crate::validation::Field>::IS_REPEATABLE),*];

            fn draft(object: &mut $crate::validation::Object<'_>) -> $draft {
                $draft {
                    $( $field: {
                        let absent = <$type $(<$inner>)? as $crate::validation::Field>::absent();
                        let default = [$( Some($default), )? absent].into_iter().flatten().next();
                        object.field(stringify!($field), default)
                    } ),*
                }
            }

            fn complete(draft: $draft) -> Option<Self> {
                Some(Self { $( $field: draft.$field? ),* })
            }

            fn defaults() -> ::serde_json::Map<String, ::serde_json::Value> {
                #[allow(unused_mut, reason = "most models have no defaults")]
                let mut defaults = ::serde_json::Map::new();
                $( $( defaults.insert(stringify!($field).to_owned(), ::serde_json::json!($default)); )? )*
                defaults
            }

            $(
                fn broken_rule($read: &$draft) -> Option<(&'static str, ::validator::ValidationError)> {
                    $rule
                }
            )?
        }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::validation::{FromObject, testing::read};

    crate::validation::model! {
        /// A part of a list.
        pub struct Part, draft PartDraft {
            pub page: Option<i64> = Some(1),
            pub size: Option<i64>,
        }
    }

    #[test]
    fn optional_field_default_equals_schema_default() {
        let Part { page, size } = read("query", json!({})).expect("nothing is required");
        assert_eq!((page, size), (Some(1), None));
        assert_eq!(Part::schema().to_value()["properties"]["page"]["default"], 1);
    }
}
