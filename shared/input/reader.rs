//! Reads the fields of one request and collects what is wrong with them.

use serde_json::{Map, Value};

use super::{
    Fault, Field,
    fault::{MASK, is_secret},
};
use crate::http::{Error, Request};

/// The fields of one request. [`input!`](crate::input!) is how an endpoint uses it.
pub struct Reader<'a> {
    request: &'a Request,
    body: Option<Map<String, Value>>,
    faults: Vec<Fault>,
    body_faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Starts on a request whose fields stand in `places` (`path`, `query`, `body`).
    ///
    /// Fails as [`Request::json`] does, if a body is expected.
    pub fn new(request: &'a Request, places: &[&str]) -> Result<Self, Error> {
        let mut reader = Self { request, body: None, faults: Vec::new(), body_faults: Vec::new() };
        if places.contains(&"body") {
            match request.json()? {
                Some(Value::Object(members)) => reader.body = Some(members),
                None | Some(Value::Null) => {
                    reader.body_faults.push(Fault::missing().located(&["body"], || Value::Null));
                }
                Some(other) => reader.body_faults.push(
                    Fault::new(
                        "model_attributes_type",
                        "Input should be a valid dictionary or object to extract fields from",
                    )
                    .located(&["body"], || if other.is_string() { MASK.into() } else { other })
                    .masked(false),
                ),
            }
        }
        Ok(reader)
    }

    /// A part of the path.
    pub fn path<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let value = self.request.path_value(name).map(Value::from);
        self.outside_body("path", name, value, default)
    }

    /// A query parameter.
    pub fn query<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let value = self.request.query_value(name).map(Value::from);
        self.outside_body("query", name, value, default)
    }

    /// A member of the body.
    pub fn body<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let members = self.body.as_ref()?;
        let Some(value) = members.get(name) else {
            if default.is_none() {
                let whole = || Value::Object(members.clone());
                self.body_faults.push(Fault::missing().located(&["body", name], whole).masked(false));
            }
            return default;
        };
        match T::parse(value) {
            Ok(field) => Some(field),
            Err(faults) => {
                let located =
                    |fault: Fault| fault.located(&["body", name], || value.clone()).masked(is_secret(name));
                self.body_faults.extend(faults.into_iter().map(located));
                None
            }
        }
    }

    /// Every fault, as the answer.
    pub fn into_error(mut self) -> Error {
        self.faults.append(&mut self.body_faults);
        Error::Invalid(self.faults)
    }

    fn outside_body<T: Field>(
        &mut self,
        place: &str,
        name: &str,
        value: Option<Value>,
        default: Option<T>,
    ) -> Option<T> {
        let Some(value) = value else {
            if default.is_none() {
                self.faults.push(Fault::missing().located(&[place, name], || Value::Null));
            }
            return default;
        };
        T::parse(&value)
            .map_err(|faults| {
                self.faults
                    .extend(faults.into_iter().map(|fault| fault.located(&[place, name], || value.clone())));
            })
            .ok()
    }
}
