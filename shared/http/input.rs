//! What an endpoint reads from a request: `Path`, `Query` and `Body` of a model, or two of them.

use super::{Error, Request};
use crate::{
    json::{Json, Members},
    validation::{Fault, FromObject, MAX_FAULTS, Object, Repeated},
};

/// The variable parts of the path, as a `T`.
pub struct Path<T>(pub T);

/// The query parameters, as a `T`. Of a repeated one the last counts, unless its field takes them all.
pub struct Query<T>(pub T);

/// The JSON body, as a `T`.
pub struct Body<T>(pub T);

/// What [`Request::read`] reads.
pub trait Input: Sized {
    /// Whether a body is part of it.
    const HAS_BODY: bool;

    /// Reads it, or notes what is wrong with it.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// One request that is being read.
pub struct Reader<'a> {
    request: &'a Request,
    /// The body; `None` where none is read, or it is missing.
    body: Option<Json<'a>>,
    faults: Vec<Fault>,
}

impl Request {
    /// Reads the parts of the request that `I` names.
    ///
    /// Fails with every fault in them, at most one hundred, in the order of `I`; where a body is read, also as
    /// [`Self::json`] does.
    pub fn read<I: Input>(&self) -> Result<I, Error> {
        let body = if I::HAS_BODY { self.json()? } else { None };
        let mut reader = Reader { request: self, body, faults: Vec::new() };
        I::read(&mut reader).ok_or_else(|| {
            reader.faults.truncate(MAX_FAULTS);
            Error::Invalid(reader.faults)
        })
    }
}

impl<T: FromObject> Input for Path<T> {
    const HAS_BODY: bool = false;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let request = reader.request;
        reader.values("path", |name, _| request.path_value(name).map(Json::from)).map(Self)
    }
}

impl<T: FromObject> Input for Query<T> {
    const HAS_BODY: bool = false;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let request = reader.request;
        let value = |name: &str, is_repeatable| match is_repeatable {
            true => request.query_values(name).map(|values| Json::Array(values.map(Json::from).collect())),
            false => request.query_value(name).map(Json::from),
        };
        reader.values("query", value).map(Self)
    }
}

impl<T: FromObject> Input for Body<T> {
    const HAS_BODY: bool = true;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let outcome = match &reader.body {
            Some(body @ Json::Object(_)) => T::from_object(Object::new("body", body)),
            None | Some(Json::Null) => {
                Err(vec![Fault::missing().located(&["body"], || Repeated::of(&Json::Null))])
            }
            Some(other) => Err(vec![no_object(other)]),
        };
        reader.note(outcome).map(Self)
    }
}

impl<A: Input, B: Input> Input for (A, B) {
    const HAS_BODY: bool = A::HAS_BODY || B::HAS_BODY;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let parts = (A::read(reader), B::read(reader));
        Some((parts.0?, parts.1?))
    }
}

impl Reader<'_> {
    /// Reads a `T` from what `value` has for its fields; it also gets whether all values of a field count.
    fn values<T: FromObject>(
        &mut self,
        place: &'static str,
        value: impl Fn(&str, bool) -> Option<Json<'static>>,
    ) -> Option<T> {
        let repeatable = T::REPEATABLE.iter().copied().chain(std::iter::repeat(false));
        let sent = T::FIELDS.iter().zip(repeatable);
        let sent = sent.filter_map(|(&name, repeatable)| Some((name.into(), value(name, repeatable)?)));
        let object = Json::Object(Members::from_iter(sent));
        self.note(T::from_object(Object::new(place, &object)))
    }

    fn note<T>(&mut self, outcome: Result<T, Vec<Fault>>) -> Option<T> {
        outcome.map_err(|mut faults| self.faults.append(&mut faults)).ok()
    }
}

fn no_object(body: &Json<'_>) -> Fault {
    let fault = Fault::new(
        "model_attributes_type",
        "Input should be a valid dictionary or object to extract fields from",
    )
    .located(&["body"], || Repeated::of(body));
    // A body that is one string may be a password.
    if matches!(body, Json::String(_)) { fault.of_secret() } else { fault }
}
