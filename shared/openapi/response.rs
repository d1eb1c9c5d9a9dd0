//! The description of one response.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::schema;

/// What an operation responds with one status.
#[derive(Default)]
pub(super) struct ResponseParts {
    description: String,
    /// The media type, the schema and an example of the body.
    content: Option<(&'static str, Value)>,
    example: Option<Value>,
    /// The sentences of an error, and whether there may be others.
    sentences: Vec<String>,
    is_open: bool,
    headers: BTreeMap<&'static str, Value>,
    links: BTreeMap<&'static str, Value>,
}

impl ResponseParts {
    /// Sets the meaning of the status.
    pub fn describe(&mut self, description: &str) {
        self.description = description.to_owned();
    }

    /// Sets the body, with an optional example.
    pub fn body(&mut self, media_type: &'static str, schema: Value, example: Option<Value>) {
        self.content = Some((media_type, schema));
        self.example = example;
    }

    /// Adds an error with this sentence. If it is only an example, other sentences are possible too.
    pub fn error(&mut self, sentence: &str, is_example: bool) {
        self.sentences.push(sentence.to_owned());
        self.is_open |= is_example;
    }

    /// Adds a header.
    pub fn header(&mut self, name: &'static str, description: &str, schema: Value) {
        self.headers.insert(name, json!({ "description": description, "schema": schema }));
    }

    /// Adds a link to another operation.
    pub fn link(&mut self, name: &'static str, link: Value) {
        self.links.insert(name, link);
    }

    /// Returns the Response Object
    /// ([OpenAPI 3.1, section 4.8.17](https://spec.openapis.org/oas/v3.1.1.html#response-object)).
    pub fn build(self) -> Value {
        let description =
            if self.description.is_empty() { self.sentences.join(" ") } else { self.description };
        let mut response = Map::from_iter([("description".to_owned(), description.into())]);
        if !self.headers.is_empty() {
            response.insert("headers".into(), json!(self.headers));
        }
        if !self.sentences.is_empty() {
            let named = self
                .sentences
                .iter()
                .map(|sentence| (sentence.clone(), json!({ "value": { "detail": sentence } })));
            let examples = Value::Object(named.collect());
            let content =
                json!({ "schema": schema::error(&self.sentences, self.is_open), "examples": examples });
            response.insert("content".into(), json!({ "application/json": content }));
        } else if let Some((media_type, schema)) = self.content {
            let mut content = json!({ "schema": schema });
            if let Some(example) = self.example {
                content["example"] = example;
            }
            response.insert("content".into(), json!({ media_type: content }));
        }
        if !self.links.is_empty() {
            response.insert("links".into(), json!(self.links));
        }
        Value::Object(response)
    }
}
