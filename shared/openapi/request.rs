//! The description of a request, built from its models.

use serde_json::{Map, Value, json};

use crate::{
    http::{Body, Form, Path, Query},
    validation::FromObject,
};

/// An input of [`Request::read`](crate::http::Request::read) with an OpenAPI description.
pub trait Described {
    /// Adds the input to `request`. `example` is an object with the fields of an example request.
    fn describe(request: &mut RequestParts, example: &Value);
}

/// The parameters and the body of a request.
#[derive(Default)]
pub struct RequestParts {
    pub(super) parameters: Vec<Value>,
    /// The body, if there is one.
    pub(super) body: Option<BodyParts>,
    /// Example faults of the request.
    pub(super) faults: Vec<Value>,
}

/// The body of a request.
pub(super) struct BodyParts {
    pub media_type: &'static str,
    /// The name of the schema.
    pub name: String,
    pub schema: Value,
    pub example: Value,
}

impl<T: FromObject> Described for Path<T> {
    fn describe(request: &mut RequestParts, example: &Value) {
        request.add_parameters::<T>("path", example);
    }
}

impl<T: FromObject> Described for Query<T> {
    fn describe(request: &mut RequestParts, example: &Value) {
        request.add_parameters::<T>("query", example);
    }
}

impl<T: FromObject> Described for Body<T> {
    fn describe(request: &mut RequestParts, example: &Value) {
        request.add_body::<T>("application/json", example, json!({}));
    }
}

impl<T: FromObject> Described for Form<T> {
    fn describe(request: &mut RequestParts, example: &Value) {
        request.add_body::<T>("multipart/form-data", example, Value::Null);
    }
}

impl<A: Described, B: Described> Described for (A, B) {
    fn describe(request: &mut RequestParts, example: &Value) {
        A::describe(request, example);
        B::describe(request, example);
    }
}

impl RequestParts {
    /// Adds a body. `echoed` is the input of the faults of an empty one.
    fn add_body<T: FromObject>(&mut self, media_type: &'static str, example: &Value, echoed: Value) {
        let schema = T::schema().to_value();
        let missing = |field: &Value| json!({"type": "missing", "loc": ["body", field], "msg": "Field required", "input": echoed});
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        if !required.is_empty() {
            self.faults = required.iter().map(missing).collect();
        } else if echoed.is_null() {
            // A form must have a field.
            let fault = json!({"type": "missing", "loc": ["body"], "msg": "Field required", "input": null});
            self.faults.push(fault);
        }
        let sent = T::FIELDS.iter().filter_map(|&name| Some((name.to_owned(), example.get(name)?.clone())));
        let example = Value::Object(sent.collect());
        self.body = Some(BodyParts { media_type, name: T::schema_name(), schema, example });
    }

    fn add_parameters<T: FromObject>(&mut self, place: &str, example: &Value) {
        let mut schema = T::schema().to_value();
        let required = schema["required"].take();
        let Some(Value::Object(properties)) = schema.get_mut("properties").map(Value::take) else { return };
        if let Some((name, _)) = properties.iter().next() {
            self.faults.push(json!({
                "type": "int_parsing",
                "loc": [place, name],
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "input": "x",
            }));
        }
        for (name, mut schema) in properties {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let is_required = required.as_array().is_some_and(|names| names.contains(&json!(name)));
            let mut parameter = Map::from_iter([("name".into(), json!(name)), ("in".into(), json!(place))]);
            parameter.extend(description.map(|text| ("description".into(), text)));
            parameter.insert("required".into(), json!(is_required));
            parameter.insert("schema".into(), schema);
            parameter.extend(example.get(&name).map(|value| ("example".into(), value.clone())));
            self.parameters.push(Value::Object(parameter));
        }
    }
}
