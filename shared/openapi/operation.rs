//! The description of one operation.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::{
    Described,
    request::RequestParts,
    response::ResponseParts,
    schema::{self, ValidationError},
};
use crate::{
    accounts::bearer,
    http::{BODY_TOO_LARGE, Route, TOO_MANY_ATTEMPTS, UNREADABLE_BODY},
    jwt::TokenError,
};

/// The name of the security scheme for access tokens.
pub const BEARER: &str = "accessToken";

/// Builds the description of one operation, from its path to its errors.
pub struct Operation {
    /// In lower case.
    method: String,
    path: &'static str,
    /// The members of the Operation Object so far.
    members: Map<String, Value>,
    parameters: Vec<Value>,
    responses: BTreeMap<u16, ResponseParts>,
    /// The referenced schemas, by name.
    schemas: Map<String, Value>,
}

/// The part of the description that one operation adds.
pub struct PathItem {
    /// In the form of OpenAPI.
    pub path: &'static str,
    /// In lower case.
    pub method: String,
    /// The [Operation Object](https://spec.openapis.org/oas/v3.1.1.html#operation-object).
    pub operation: Value,
    /// The referenced schemas, by name.
    pub schemas: Map<String, Value>,
}

impl Operation {
    /// Starts the description of `route`. `id` names the operation in lower camel case.
    pub fn new(route: &Route, id: &str) -> Self {
        let path = route.path;
        let tag = match path {
            _ if path.starts_with("/api/v1/accounts/") => "Accounts",
            _ if path.starts_with("/api/v1/theater/") => "Movies",
            _ if path.starts_with("/api/v1/profiles/") || path.starts_with("/media/") => "Profiles",
            _ => "Pages",
        };
        let members = Map::from_iter([("tags".into(), json!([tag])), ("operationId".into(), json!(id))]);
        let (parameters, responses, schemas) = Default::default();
        let method = route.method.as_str().to_ascii_lowercase();
        Self { method, path, members, parameters, responses, schemas }
    }

    /// Sets a short summary and a longer description.
    pub fn summary(mut self, summary: &str, description: &str) -> Self {
        self.members.insert("summary".into(), summary.into());
        self.members.insert("description".into(), description.into());
        self
    }

    /// Describes the request as an `I`. `example` is an object with the fields of an example request,
    /// wherever they are sent: path, query or body.
    pub fn request<I: Described>(mut self, example: Value) -> Self {
        let mut request = RequestParts::default();
        I::describe(&mut request, &example);
        self.parameters.append(&mut request.parameters);
        if let Some(body) = request.body {
            let content = json!({ "schema": schema::reference(&body.name), "example": body.example });
            let content = json!({ "content": { body.media_type: content }, "required": true });
            self.members.insert("requestBody".into(), content);
            self.schemas.insert(body.name, body.schema);
            self = self.error(400, UNREADABLE_BODY).error(413, BODY_TOO_LARGE);
        }
        let schema = self.reference::<ValidationError>();
        let response = self.response(422);
        response.describe("The input does not validate.");
        response.body("application/json", schema, Some(json!({ "detail": request.faults })));
        self
    }

    /// Adds the response `status` with a `T` as JSON, and an example.
    pub fn responds<T: JsonSchema>(mut self, status: u16, description: &str, example: Value) -> Self {
        let schema = self.reference::<T>();
        let response = self.response(status);
        response.describe(description);
        response.body("application/json", schema, Some(example));
        self
    }

    /// Adds the response `status` with an object whose only member `member` is this sentence.
    pub fn responds_with_message(mut self, status: u16, member: &'static str, sentence: &str) -> Self {
        let schema = schema::sentence(member, &[sentence.to_owned()], false);
        let response = self.response(status);
        response.describe(sentence);
        response.body("application/json", schema, Some(json!({ member: sentence })));
        self
    }

    /// Adds the response `status` without a body.
    pub fn responds_without_body(mut self, status: u16, description: &str) -> Self {
        self.response(status).describe(description);
        self
    }

    /// Adds the response 200 with a file of this media type, and 304 for clients that have the current
    /// version.
    pub fn responds_with_file(mut self, media_type: &'static str, description: &str) -> Self {
        let response = self.response(200);
        response.describe(description);
        let content = if media_type == "application/json" { "object" } else { "string" };
        response.body(media_type, json!({ "type": content }), None);
        self.cacheable()
    }

    /// Adds an error with this sentence.
    pub fn error(mut self, status: u16, sentence: &str) -> Self {
        self.response(status).error(sentence, false);
        self
    }

    /// Adds an error whose sentence contains input of the request, with an example.
    pub fn error_example(mut self, status: u16, sentence: &str) -> Self {
        self.response(status).error(sentence, true);
        self
    }

    /// Requires an access token, and adds the 401 responses.
    pub fn requires_token(mut self) -> Self {
        self.members.insert("security".into(), json!([{ BEARER: [] }]));
        self.response(401).header(
            "WWW-Authenticate",
            "Comes as `x-amzn-remapped-www-authenticate` through API Gateway.",
            schema::one_of(["Bearer"]),
        );
        self.error(401, bearer::MISSING)
            .error(401, bearer::MALFORMED)
            .error(401, TokenError::Invalid.detail())
            .error(401, TokenError::Expired.detail())
    }

    /// Adds the 429 response of a rate limit.
    pub fn rate_limited(mut self) -> Self {
        let seconds = json!({ "type": "integer", "minimum": 1 });
        self.response(429).header("Retry-After", "In how many seconds the next attempt may come.", seconds);
        self.error(429, TOO_MANY_ATTEMPTS)
    }

    /// Marks the 200 as cacheable, and adds the 304 response.
    pub fn cacheable(mut self) -> Self {
        self = self.request_header("If-None-Match", "The entity tags of what is known already.");
        self.response(304).describe("It is what `If-None-Match` names.");
        for status in [200, 304] {
            let response = self.response(status);
            response.header("ETag", "Changes with the body.", schema::text("A strong entity tag."));
            response.header("Cache-Control", "How long it may be kept.", schema::text("Directives."));
        }
        self
    }

    /// Adds a path parameter with its own schema.
    pub fn path_parameter(mut self, name: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "path", "required": true, "schema": schema }));
        self
    }

    /// Adds a required query parameter with its own schema.
    pub fn query_parameter(mut self, name: &str, schema: Value) -> Self {
        self.parameters.push(json!({ "name": name, "in": "query", "required": true, "schema": schema }));
        self
    }

    /// Adds an optional request header.
    pub fn request_header(mut self, name: &str, description: &str) -> Self {
        let schema = schema::text(description);
        self.parameters.push(json!({ "name": name, "in": "header", "required": false, "schema": schema }));
        self
    }

    /// Adds a header to the response `status`.
    pub fn response_header(mut self, status: u16, name: &'static str, description: &str) -> Self {
        self.response(status).header(name, description, json!({ "type": "string" }));
        self
    }

    /// Links the response `status` to the operation `id`, with `parameters` from the response, such as
    /// `("movie_id", "$response.body#/id")`.
    pub fn link(mut self, status: u16, id: &'static str, parameters: &[(&str, &str)]) -> Self {
        let parameters: BTreeMap<_, _> = parameters.iter().copied().collect();
        self.response(status).link(id, json!({ "operationId": id, "parameters": parameters }));
        self
    }

    /// Links the response `status` to the operation `id`, with a body from the response.
    pub fn link_with_body(mut self, status: u16, id: &'static str, body: Value) -> Self {
        self.response(status).link(id, json!({ "operationId": id, "requestBody": body }));
        self
    }

    /// Returns the finished description.
    pub fn build(mut self) -> PathItem {
        if !self.parameters.is_empty() {
            self.members.insert("parameters".into(), self.parameters.into());
        }
        let responses =
            self.responses.into_iter().map(|(status, response)| (status.to_string(), response.build()));
        self.members.insert("responses".into(), Value::Object(responses.collect()));
        PathItem {
            path: self.path,
            method: self.method,
            operation: Value::Object(self.members),
            schemas: self.schemas,
        }
    }

    fn response(&mut self, status: u16) -> &mut ResponseParts {
        self.responses.entry(status).or_default()
    }

    /// Returns a reference to the schema that `T` serializes to, and keeps the schema.
    fn reference<T: JsonSchema>(&mut self) -> Value {
        let (schema, mut definitions) = schema::serialized::<T>();
        self.schemas.append(&mut definitions);
        schema
    }
}

/// Wraps the operation of an endpoint with only one.
impl From<Operation> for Vec<Operation> {
    fn from(operation: Operation) -> Self {
        vec![operation]
    }
}
