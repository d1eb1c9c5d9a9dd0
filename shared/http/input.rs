//! Reads and validates the input of an endpoint: `Path`, `Query` and `Body` of a model, or two of them.

use super::{Error, Request};
use crate::{
    json::{Json, Members},
    validation::{EchoedInput, Fault, FromObject, MAX_FAULTS, Object},
};

/// The path parameters, as a `T`.
pub struct Path<T>(pub T);

/// The query parameters, as a `T`. The last value of a repeated parameter counts, unless its field takes
/// all values.
pub struct Query<T>(pub T);

/// The JSON body, as a `T`.
pub struct Body<T>(pub T);

/// What [`Request::read`] returns.
pub trait Input: Sized {
    /// Whether the input includes the body.
    const HAS_BODY: bool;

    /// Reads the input, or collects its faults in `reader` and returns `None`.
    fn read(reader: &mut Reader<'_>) -> Option<Self>;
}

/// Reads one request.
pub struct Reader<'a> {
    request: &'a Request,
    /// The body; `None` if the input does not include it or the request has none.
    body: Option<Json<'a>>,
    faults: Vec<Fault>,
}

impl Request {
    /// Reads and validates the parts of the request that `I` names.
    ///
    /// Fails with every fault in them, at most one hundred, in the order of `I`. If `I` includes the body,
    /// also fails as [`Self::json`] does.
    pub fn read<I: Input>(&self) -> Result<I, Error> {
        let body = if I::HAS_BODY { self.json()? } else { None };
        let mut reader = Reader::new(self, body);
        I::read(&mut reader).ok_or_else(|| reader.into_error())
    }
}

impl<T: FromObject> Input for Path<T> {
    const HAS_BODY: bool = false;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        reader.path().map(Self)
    }
}

impl<T: FromObject> Input for Query<T> {
    const HAS_BODY: bool = false;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let request = reader.request;
        let value = |name: &str, is_repeatable| {
            if is_repeatable {
                request.query_values(name).map(|values| Json::Array(values.map(Json::from).collect()))
            } else {
                request.query_value(name).map(Json::from)
            }
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
                Err(vec![Fault::missing().located(&["body"], || EchoedInput::of(&Json::Null))])
            }
            Some(other) => Err(vec![not_an_object(other)]),
        };
        reader.collect(outcome).map(Self)
    }
}

impl<A: Input, B: Input> Input for (A, B) {
    const HAS_BODY: bool = A::HAS_BODY || B::HAS_BODY;

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let parts = (A::read(reader), B::read(reader));
        Some((parts.0?, parts.1?))
    }
}

impl<'a> Reader<'a> {
    /// Starts to read a request with this body.
    pub(super) fn new(request: &'a Request, body: Option<Json<'a>>) -> Self {
        Self { request, body, faults: Vec::new() }
    }

    /// Returns the 422 with the faults so far, at most one hundred.
    pub(super) fn into_error(mut self) -> Error {
        self.faults.truncate(MAX_FAULTS);
        Error::Invalid(self.faults)
    }

    /// Reads the path parameters.
    pub(super) fn path<T: FromObject>(&mut self) -> Option<T> {
        let request = self.request;
        self.values("path", |name, _| request.path_value(name).map(Json::from))
    }

    /// Reads a `T` whose fields have the values that `value` returns. Its second argument is whether all values
    /// of the field count.
    fn values<T: FromObject>(
        &mut self,
        place: &'static str,
        value: impl Fn(&str, bool) -> Option<Json<'static>>,
    ) -> Option<T> {
        let repeatable = T::REPEATABLE.iter().copied().chain(std::iter::repeat(false));
        let sent = T::FIELDS.iter().zip(repeatable);
        let sent = sent.filter_map(|(&name, repeatable)| Some((name.into(), value(name, repeatable)?)));
        let object = Json::Object(Members::from_iter(sent));
        self.collect(T::from_object(Object::new(place, &object)))
    }

    /// Returns the value, or keeps its faults.
    pub(super) fn collect<T>(&mut self, outcome: Result<T, Vec<Fault>>) -> Option<T> {
        outcome.map_err(|mut faults| self.faults.append(&mut faults)).ok()
    }
}

fn not_an_object(body: &Json<'_>) -> Fault {
    let fault = Fault::new(
        "model_attributes_type",
        "Input should be a valid dictionary or object to extract fields from",
    )
    .located(&["body"], || EchoedInput::of(body));
    // A body that is a single string may be a password.
    if matches!(body, Json::String(_)) { fault.of_secret() } else { fault }
}
