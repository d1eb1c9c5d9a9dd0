//! Builds requests from the examples of the OpenAPI description.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::{App, Method, Reply, description::description, form::Form};

/// Members whose values differ in every run.
const VOLATILE: [&str; 12] = [
    "avatar",
    "access_token",
    "refresh_token",
    "token",
    "created_at",
    "updated_at",
    "last_used_at",
    "last_login_at",
    "expires_at",
    "sent_at",
    "at",
    "client",
];

/// The media types of bodies.
const JSON: &str = "application/json";
const FORM: &str = "multipart/form-data";

/// The operations of the description that clients call with JSON, and the responses so far.
pub struct Examples<'a> {
    pub app: &'a App,
    pub authorization: String,
    pub seen: BTreeSet<String>,
    /// The operations whose example had the described response.
    pub answered: BTreeSet<String>,
}

pub struct Operation {
    pub id: &'static str,
    pub method: Method,
    pub path: &'static str,
    pub value: &'static Value,
}

impl Operation {
    pub async fn all() -> Vec<Self> {
        let paths = description().await["paths"].as_object().expect("there are paths");
        let of_path = paths.iter().filter(|(path, _)| path.starts_with("/api/")).flat_map(|(path, item)| {
            item.as_object().expect("a path has operations").iter().map(move |(method, value)| Self {
                id: value["operationId"].as_str().expect("an operation has an id"),
                method: method.to_ascii_uppercase().parse().expect("it is a method"),
                path,
                value,
            })
        });
        of_path.collect()
    }

    pub async fn named(id: &str) -> Self {
        Self::all().await.into_iter().find(|operation| operation.id == id).expect("it is described")
    }

    pub fn body(&self) -> Option<&'static Value> {
        let content = &self.value["requestBody"]["content"];
        let example = &content[if self.is_form() { FORM } else { JSON }]["example"];
        Some(example).filter(|body| !body.is_null())
    }

    /// Whether the body is a form.
    pub fn is_form(&self) -> bool {
        !self.value["requestBody"]["content"][FORM].is_null()
    }

    /// Returns these values as a body.
    pub fn written(&self, body: &Value) -> Vec<u8> {
        if self.is_form() { Form::of(body).body() } else { body.to_string().into_bytes() }
    }

    pub fn example(&self, status: u16) -> &'static Value {
        &self.value["responses"][status.to_string()]["content"]["application/json"]["example"]
    }

    /// Returns the path and query of the example request, for another movie if `movie` has one.
    pub fn target(&self, movie: Option<&str>) -> String {
        let mut path = self.path.to_owned();
        let mut query = Vec::new();
        for parameter in self.value["parameters"].as_array().into_iter().flatten() {
            let (name, value) = (parameter["name"].as_str().expect("a name"), &parameter["example"]);
            match parameter["in"].as_str() {
                Some("path") => {
                    let value = movie.map_or_else(|| value.to_string(), str::to_owned);
                    path = path.replace(&format!("{{{name}}}"), &value);
                }
                Some("query") if !value.is_null() => query.push(format!("{name}={value}")),
                _ => {}
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Returns every error in the description, in the form of [`Examples::seen`].
    pub fn sentences(&self) -> Vec<String> {
        let responses = self.value["responses"].as_object().expect("there are answers");
        let of_status = responses.iter().flat_map(|(status, response)| {
            let examples = response["content"]["application/json"]["examples"].as_object();
            examples
                .into_iter()
                .flat_map(Map::keys)
                .map(move |sentence| format!("{} {status} {sentence}", self.id))
        });
        of_status.collect()
    }
}

impl<'a> Examples<'a> {
    pub fn new(app: &'a App, authorization: String) -> Self {
        Self { app, authorization, seen: BTreeSet::new(), answered: BTreeSet::new() }
    }

    /// Sends the example request of an operation, with other values for some members of its body.
    pub async fn send(&mut self, id: &str, change: Value) -> Reply {
        let operation = Operation::named(id).await;
        let body = operation.body().map(|body| {
            let mut body = body.as_object().expect("a body is an object").clone();
            body.extend(change.as_object().cloned().unwrap_or_default());
            operation.written(&Value::Object(body))
        });
        let target = operation.target(None);
        self.request(&operation, &target, body.unwrap_or_default(), &[]).await
    }

    pub async fn request(
        &mut self,
        operation: &Operation,
        target: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Reply {
        let mut request = self.app.request(operation.method.clone(), target).body(body);
        let mut headers = headers.to_vec();
        let media_type = Form::media_type();
        if operation.is_form() {
            headers.push(("content-type", &media_type));
        }
        if operation.value.get("security").is_some()
            && !headers.iter().any(|(name, _)| *name == "authorization")
        {
            headers.push(("authorization", &self.authorization));
        }
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(name, value);
        }
        let reply = request.send().await;
        if reply.status.as_u16() >= 400
            && let Some(sentence) = reply.json()["detail"].as_str()
        {
            self.seen.insert(format!("{} {} {sentence}", operation.id, reply.status.as_u16()));
        }
        reply
    }

    /// Sends the example request and compares the response with the example response.
    pub async fn assert_response(&mut self, id: &str, status: u16, change: Value) -> Reply {
        let reply = self.send(id, change).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.text());
        self.answered.insert(id.to_owned());
        if !reply.body.is_empty() {
            assert_eq!(
                steady(reply.json()),
                steady(Operation::named(id).await.example(status).clone()),
                "{id}"
            );
        }
        reply
    }

    pub async fn assert_error(&mut self, id: &str, status: u16, change: Value) {
        let reply = self.send(id, change).await;
        assert_eq!(reply.status, status, "{id}: {}", reply.text());
    }
}

/// Returns the value without the members that differ in every run.
fn steady(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            members
                .into_iter()
                .map(|(name, value)| {
                    if VOLATILE.contains(&name.as_str()) { (name, json!("")) } else { (name, steady(value)) }
                })
                .collect()
        }
        Value::Array(items) => items.into_iter().map(steady).collect(),
        // 83 and 83.0 are the same number.
        Value::Number(number) => json!(number.as_f64()),
        other => other,
    }
}
