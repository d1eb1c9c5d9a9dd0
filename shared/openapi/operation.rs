//! What one endpoint says of itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use utoipa::{
    ToSchema,
    openapi::{
        HttpMethod, ObjectBuilder, PathItem, Ref, RefOr, Required, Schema,
        content::ContentBuilder,
        link::Link,
        path::{OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::Type,
        security::SecurityRequirement,
    },
};

use super::{Taken, Takes, answer::Answer, schema};
use crate::http::Route;

/// The name of the scheme by which access tokens are sent.
pub const BEARER: &str = "accessToken";

/// The description of one operation, from its path to its last error.
pub struct Operation {
    method: HttpMethod,
    path: &'static str,
    operation: OperationBuilder,
    answers: BTreeMap<u16, Answer>,
    /// The schemas that it refers to, by name.
    schemas: Vec<(String, RefOr<Schema>)>,
}

impl Operation {
    /// The operation behind `route`; `id` names it, in lower camel case.
    ///
    /// Panics for a method that no endpoint has.
    pub fn new(route: &Route, id: &str) -> Self {
        let path = route.path;
        let method = match route.method.as_str() {
            "GET" => HttpMethod::Get,
            "POST" => HttpMethod::Post,
            "PATCH" => HttpMethod::Patch,
            "DELETE" => HttpMethod::Delete,
            method => panic!("{method} {path}"),
        };
        let tag = match path {
            _ if path.starts_with("/api/v1/accounts/") => "Accounts",
            _ if path.starts_with("/api/v1/theater/") => "Movies",
            _ => "Pages",
        };
        let operation = OperationBuilder::new().operation_id(Some(id)).tag(tag);
        Self { method, path, operation, answers: BTreeMap::new(), schemas: Vec::new() }
    }

    /// Says what it does: in a few words, and at length.
    pub fn says(mut self, summary: &str, description: &str) -> Self {
        self.operation = self.operation.summary(Some(summary)).description(Some(description));
        self
    }

    /// Takes what `T` declares, none of it in a body. `example` is an object with the value of every field that
    /// the example request sends.
    pub fn takes<T: Takes>(mut self, example: Value) -> Self {
        for field in T::fields().into_iter().filter(|field| field.place != "body") {
            let example = example.get(field.name).cloned();
            self.operation = self.operation.parameter(field.parameter(example));
        }
        self.answers_faults(&T::fields())
    }

    /// Takes what `T` declares, likewise; its body is called `name`.
    pub fn takes_body<T: Takes>(mut self, name: &str, example: Value) -> Self {
        let (mut object, mut sent) = (ObjectBuilder::new().schema_type(Type::Object), Map::new());
        for field in T::fields().into_iter().filter(|field| field.place == "body") {
            sent.extend(example.get(field.name).map(|value| (field.name.to_owned(), value.clone())));
            object = object.property(field.name, field.schema);
            object = if field.is_required { object.required(field.name) } else { object };
        }
        self.schemas.push((name.to_owned(), object.into()));
        let content = ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(name)))
            .example(Some(Value::Object(sent)))
            .build();
        let body = RequestBodyBuilder::new().content("application/json", content);
        self.operation = self.operation.request_body(Some(body.required(Some(Required::True)).build()));
        self.takes::<T>(example)
            .refuses(400, "There was an error parsing the body")
            .refuses(413, "Request body is too large.")
    }

    /// Answers `status` with a `T`, such as `example`.
    pub fn answers<T: ToSchema>(mut self, status: u16, description: &str, example: Value) -> Self {
        self.refers_to::<T>();
        let answer = self.answer(status);
        answer.describe(description);
        answer.hold("application/json", Ref::from_schema_name(T::name()).into(), Some(example));
        self
    }

    /// Answers `status` with an object that has the one member `member`, this sentence.
    pub fn answers_sentence(mut self, status: u16, member: &'static str, sentence: &str) -> Self {
        let schema = schema::sentence(member, &[sentence.to_owned()], false);
        let answer = self.answer(status);
        answer.describe(sentence);
        answer.hold("application/json", schema, Some(json!({ member: sentence })));
        self
    }

    /// Answers `status` with no body.
    pub fn answers_nothing(mut self, status: u16, description: &str) -> Self {
        self.answer(status).describe(description);
        self
    }

    /// Answers 200 with a file of this media type, and 304 where the client has it already.
    pub fn answers_file(mut self, media_type: &'static str, description: &str) -> Self {
        let answer = self.answer(200);
        answer.describe(description);
        let content = if media_type == "application/json" { Type::Object } else { Type::String };
        answer.hold(media_type, ObjectBuilder::new().schema_type(content).into(), None);
        self.cached()
    }

    /// Refuses with this sentence.
    pub fn refuses(mut self, status: u16, sentence: &str) -> Self {
        self.answer(status).refuse(sentence, false);
        self
    }

    /// Refuses with sentences such as this one, which repeat something of the request.
    pub fn refuses_such_as(mut self, status: u16, sentence: &str) -> Self {
        self.answer(status).refuse(sentence, true);
        self
    }

    /// Demands an access token.
    pub fn demands_token(mut self) -> Self {
        self.operation = self.operation.security(SecurityRequirement::new(BEARER, [""; 0]));
        let header = schema::one_of(["Bearer"]);
        self.answer(401).head(
            "WWW-Authenticate",
            "Comes as `x-amzn-remapped-www-authenticate` through API Gateway.",
            header,
        );
        self.refuses(401, "Authorization header is missing")
            .refuses(401, "Invalid Authorization header format. Expected 'Bearer <token>'")
            .refuses(401, "Invalid token.")
            .refuses(401, "Token has expired.")
    }

    /// Refuses too many attempts.
    pub fn limits_attempts(mut self) -> Self {
        let seconds = schema::integer(1, i64::MAX);
        self.answer(429).head("Retry-After", "In how many seconds the next attempt may come.", seconds);
        self.refuses(429, "Too many attempts. Try again later.")
    }

    /// Its 200 may be kept, and is not sent again to who has it.
    pub fn cached(mut self) -> Self {
        let tags = schema::text("The entity tags of what is known already.").into();
        self = self.takes_header("If-None-Match", tags);
        self.answer(304).describe("It is what `If-None-Match` names.");
        for status in [200, 304] {
            let answer = self.answer(status);
            answer.head("ETag", "Changes with the body.", schema::text("A strong entity tag.").into());
            answer.head("Cache-Control", "How long it may be kept.", schema::text("Directives.").into());
        }
        self
    }

    /// Takes a part of the path that has a schema of its own.
    pub fn takes_path(mut self, name: &'static str, schema: RefOr<Schema>) -> Self {
        let parameter =
            ParameterBuilder::new().name(name).parameter_in(ParameterIn::Path).schema(Some(schema));
        self.operation = self.operation.parameter(parameter.required(Required::True));
        self
    }

    /// Takes a header, which may be missing.
    pub fn takes_header(mut self, name: &'static str, schema: RefOr<Schema>) -> Self {
        let parameter =
            ParameterBuilder::new().name(name).parameter_in(ParameterIn::Header).schema(Some(schema));
        self.operation = self.operation.parameter(parameter.required(Required::False));
        self
    }

    /// Sends a header with this status.
    pub fn sends_header(mut self, status: u16, name: &'static str, description: &'static str) -> Self {
        self.answer(status).head(name, description, ObjectBuilder::new().schema_type(Type::String).into());
        self
    }

    /// After `status`, the operation `id` can be called with `parameters` from the answer, such as
    /// `("movie_id", "$response.body#/id")`.
    pub fn leads_to(mut self, status: u16, id: &'static str, parameters: &[(&str, &str)]) -> Self {
        let link = Link::builder().operation_id(id);
        let link = parameters.iter().fold(link, |link, (name, value)| link.parameter(*name, *value));
        self.answer(status).link(id, link.build());
        self
    }

    /// After `status`, the operation `id` can be called with a body from the answer.
    pub fn leads_to_send(mut self, status: u16, id: &'static str, body: Value) -> Self {
        self.answer(status).link(id, Link::builder().operation_id(id).request_body(Some(body)).build());
        self
    }

    /// The path, what OpenAPI says of it, and the schemas that this refers to.
    pub fn build(self) -> (&'static str, PathItem, Vec<(String, RefOr<Schema>)>) {
        let mut operation = self.operation;
        for (status, answer) in self.answers {
            operation = operation.response(status.to_string(), answer.build());
        }
        (self.path, PathItem::new(self.method, operation), self.schemas)
    }

    fn answer(&mut self, status: u16) -> &mut Answer {
        self.answers.entry(status).or_default()
    }

    fn answers_faults(mut self, fields: &[Taken]) -> Self {
        self.refers_to::<schema::ValidationError>();
        let answer = self.answer(422);
        answer.describe("The input is not what the operation takes.");
        let schema = Ref::from_schema_name(schema::ValidationError::name());
        let example = json!({ "detail": Taken::faults(fields) });
        answer.hold("application/json", schema.into(), Some(example));
        self
    }

    fn refers_to<T: ToSchema>(&mut self) {
        self.schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(&mut self.schemas);
    }
}

/// What an endpoint with one operation has.
impl From<Operation> for Vec<Operation> {
    fn from(operation: Operation) -> Self {
        vec![operation]
    }
}
