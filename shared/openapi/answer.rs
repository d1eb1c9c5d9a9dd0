//! One status of an operation: what it means, and what comes with it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, RefOr, Response, ResponseBuilder, Schema, example::Example, link::Link,
};

use super::schema;

/// What an operation answers with one status.
#[derive(Default)]
pub(super) struct Answer {
    description: String,
    content: Option<(&'static str, RefOr<Schema>)>,
    example: Option<Value>,
    /// What an error can say, and whether that is all.
    sentences: Vec<String>,
    is_open: bool,
    headers: BTreeMap<&'static str, (&'static str, RefOr<Schema>)>,
    links: BTreeMap<&'static str, Link>,
}

impl Answer {
    /// Says what the status means.
    pub fn describe(&mut self, description: &str) {
        self.description = description.to_owned();
    }

    /// A body, with an example where one helps.
    pub fn hold(&mut self, media_type: &'static str, schema: RefOr<Schema>, example: Option<Value>) {
        self.content = Some((media_type, schema));
        self.example = example;
    }

    /// An error with this sentence, beside those that are known; one that is only an example opens the list.
    pub fn refuse(&mut self, sentence: &str, is_example: bool) {
        self.sentences.push(sentence.to_owned());
        self.is_open |= is_example;
    }

    /// A header that comes along.
    pub fn head(&mut self, name: &'static str, description: &'static str, schema: RefOr<Schema>) {
        self.headers.insert(name, (description, schema));
    }

    /// Where one can go from here.
    pub fn link(&mut self, name: &'static str, link: Link) {
        self.links.insert(name, link);
    }

    /// The same in terms of OpenAPI.
    pub fn build(self) -> Response {
        let mut response = ResponseBuilder::new();
        if !self.sentences.is_empty() {
            let named = self.sentences.iter().map(|sentence| {
                let example = Example::builder().value(Some(json!({ "detail": sentence })));
                (sentence.clone(), RefOr::T(example.build()))
            });
            let content = ContentBuilder::new().schema(Some(schema::error(&self.sentences, self.is_open)));
            response = response.content("application/json", content.examples_from_iter(named).build());
        } else if let Some((media_type, schema)) = self.content {
            let content = ContentBuilder::new().schema(Some(schema)).example(self.example);
            response = response.content(media_type, content.build());
        }
        for (name, (description, schema)) in self.headers {
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(description));
            response = response.header(name, header.build());
        }
        for (name, link) in self.links {
            response = response.link(name, link);
        }
        let description = match self.description.is_empty() {
            true => self.sentences.join(" "),
            false => self.description,
        };
        response.description(description).build()
    }
}
