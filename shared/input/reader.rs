//! Reads the fields of one request and collects what is wrong with them.

use std::cell::OnceCell;

use super::{Fault, Field, Repeated, fault::MAX_FAULTS, repeated::is_secret};
use crate::{
    http::{Error, Request},
    json::Json,
};

/// The fields of one request. [`input!`](crate::input!) is how an endpoint uses it.
pub struct Reader<'a> {
    request: &'a Request,
    /// The body, where it is an object.
    body: Option<Json<'a>>,
    /// The body as faults repeat it.
    repeated: OnceCell<Repeated>,
    faults: Vec<Fault>,
    body_faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    /// Starts on a request whose fields stand in `places` (`path`, `query`, `body`).
    ///
    /// Fails as [`Request::json`] does, if a body is expected.
    pub fn new(request: &'a Request, places: &[&str]) -> Result<Self, Error> {
        let mut reader = Self {
            request,
            body: None,
            repeated: OnceCell::new(),
            faults: Vec::new(),
            body_faults: Vec::new(),
        };
        if places.contains(&"body") {
            match request.json()? {
                Some(body @ Json::Object(_)) => reader.body = Some(body),
                None | Some(Json::Null) => {
                    reader
                        .body_faults
                        .push(Fault::missing().located(&["body"], || Repeated::of(&Json::Null)));
                }
                Some(other) => {
                    let fault = Fault::new(
                        "model_attributes_type",
                        "Input should be a valid dictionary or object to extract fields from",
                    )
                    .located(&["body"], || Repeated::of(&other));
                    // A body that is one string may be a password.
                    let is_text = matches!(other, Json::String(_));
                    reader.body_faults.push(if is_text { fault.of_secret() } else { fault });
                }
            }
        }
        Ok(reader)
    }

    /// A part of the path.
    pub fn path<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let value = self.request.path_value(name).map(Json::from);
        self.outside_body("path", name, value, default)
    }

    /// A query parameter.
    pub fn query<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let value = self.request.query_value(name).map(Json::from);
        self.outside_body("query", name, value, default)
    }

    /// A member of the body.
    pub fn body<T: Field>(&mut self, name: &'static str, default: Option<T>) -> Option<T> {
        let body = self.body.as_ref()?;
        let Some(value) = body.get(name) else {
            if default.is_none() {
                let whole = || self.repeated.get_or_init(|| Repeated::of(body)).clone();
                self.body_faults.push(Fault::missing().located(&["body", name], whole));
            }
            return default;
        };
        match T::parse(value) {
            Ok(field) => Some(field),
            Err(faults) => {
                let located = |fault: Fault| {
                    let fault = fault.located(&["body", name], || Repeated::of(value));
                    if is_secret(name) { fault.of_secret() } else { fault }
                };
                self.body_faults.extend(faults.into_iter().map(located));
                None
            }
        }
    }

    /// Every fault, as the answer; of very many the first hundred.
    pub fn into_error(mut self) -> Error {
        self.faults.append(&mut self.body_faults);
        self.faults.truncate(MAX_FAULTS);
        Error::Invalid(self.faults)
    }

    fn outside_body<T: Field>(
        &mut self,
        place: &str,
        name: &str,
        value: Option<Json<'_>>,
        default: Option<T>,
    ) -> Option<T> {
        let Some(value) = value else {
            if default.is_none() {
                self.faults.push(Fault::missing().located(&[place, name], || Repeated::of(&Json::Null)));
            }
            return default;
        };
        T::parse(&value)
            .map_err(|faults| {
                self.faults.extend(
                    faults.into_iter().map(|fault| fault.located(&[place, name], || Repeated::of(&value))),
                );
            })
            .ok()
    }
}
