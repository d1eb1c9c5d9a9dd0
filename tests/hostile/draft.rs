//! Builds requests, which start as valid ones from the OpenAPI description.

use axum::http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{
    dice::Dice,
    fixtures::{Fixtures, Person},
    form,
    json::Json,
    operation::{Operation, resolve},
};
use crate::support::{
    accounts::PASSWORD,
    form::{Form, png},
    gateway::HttpRequest,
};

/// The limit of API Gateway on the request line and headers, in bytes.
const MAX_HEAD: usize = 10_000;

/// A request in parts.
pub struct Draft<'a> {
    /// The operation it is made for.
    pub operation: &'a Operation,
    /// The method.
    pub method: Method,
    /// The path, percent-encoded.
    pub path: String,
    /// The query, percent-encoded, as pairs.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Body,
    /// The client's address.
    pub source_ip: String,
    /// Passwords and tokens that it holds.
    pub secrets: Vec<String>,
    /// The strategies that changed it.
    pub strategies: Vec<&'static str>,
}

/// A body.
pub enum Body {
    /// JSON that strategies can change.
    Json(Json),
    /// The fields of a form as JSON, likewise, and its file.
    Form(Json, Vec<u8>),
    /// Bytes, or none for no body.
    Bytes(Vec<u8>),
}

impl<'a> Draft<'a> {
    /// Returns a valid request about existing accounts and movies.
    pub fn valid(
        operation: &'a Operation,
        description: &'static Value,
        fixtures: &Fixtures,
        dice: &mut Dice,
    ) -> Self {
        let values = Values { description, fixtures, person: fixtures.person(dice) };
        let mut path = operation.path.to_owned();
        for parameter in operation.parameters_in("path") {
            let value = match parameter.name {
                "user_id" => dice.within(1..=fixtures.people.len() + 2).to_string(),
                "movie_id" => dice.within(1..=fixtures.movies + 5).to_string(),
                _ => plain(&values.of(parameter.name, parameter.schema, dice)),
            };
            path = path.replace(&format!("{{{}}}", parameter.name), &encoded(&value));
        }
        let mut query = Vec::new();
        for parameter in operation.parameters_in("query") {
            if parameter.name != "after" && dice.one_in(4) {
                let value = plain(&values.of(parameter.name, parameter.schema, dice));
                query.push((parameter.name.to_owned(), encoded(&value)));
            }
        }
        let mut headers = Vec::new();
        if operation.is_secured {
            let token = match operation.id {
                // The others are needed.
                "deleteAccount" => fixtures.leaving(dice),
                _ => fixtures.access_token(dice),
            };
            headers.push(("authorization".into(), format!("Bearer {token}")));
        }
        for parameter in operation.parameters_in("header") {
            if dice.one_in(4) {
                headers.push((parameter.name.to_owned(), fixtures.etag.clone()));
            }
        }
        let body = match operation.body {
            Some(schema) => {
                headers.push(("content-type".into(), "application/json".into()));
                Body::Json(values.of("", schema, dice))
            }
            None => match operation.form {
                Some(schema) => {
                    headers.push(("content-type".into(), Form::media_type()));
                    Body::Form(values.of("", schema, dice), png(8, 8))
                }
                None => Body::Bytes(Vec::new()),
            },
        };
        Self {
            operation,
            method: operation.method.clone(),
            path,
            query,
            headers,
            body,
            source_ip: "203.0.113.7".into(),
            secrets: Vec::new(),
            strategies: Vec::new(),
        }
    }

    /// Sets a header, and replaces those with its name.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.into()));
    }

    /// Sets a query parameter instead of those of its name; `value` is percent-encoded here.
    pub fn set_query(&mut self, name: &str, value: &str) {
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), encoded(value)));
    }

    /// Records the secrets of the body, unless it is bytes: the values of members with a secret's name.
    pub fn note_secrets(&mut self) {
        if let Body::Json(json) = &self.body {
            json.texts_of(is_secret, &mut |text| self.secrets.push(text));
        }
    }

    /// Converts the body to bytes and returns them.
    pub fn bytes(&mut self) -> &mut Vec<u8> {
        match &self.body {
            Body::Json(json) => self.body = Body::Bytes(json.write().into_bytes()),
            Body::Form(fields, file) => self.body = Body::Bytes(form::body(fields, file)),
            Body::Bytes(_) => {}
        }
        match &mut self.body {
            Body::Bytes(bytes) => bytes,
            _ => unreachable!("it was made bytes"),
        }
    }

    /// Returns the request in a form that HTTP allows and API Gateway accepts, with its secrets and strategies.
    pub fn finish(mut self) -> (HttpRequest, Vec<String>) {
        let body = std::mem::take(self.bytes());
        let pairs = self.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let mut target = self.path.clone();
        if !pairs.is_empty() {
            target = format!("{target}?{}", pairs.join("&"));
        }
        let mut target: String =
            target.chars().filter(char::is_ascii_graphic).filter(|&sign| sign != '#').collect();
        target.truncate(MAX_HEAD - 1000);
        let mut headers = self.headers;
        for (_, value) in &mut headers {
            *value = value.chars().filter(|&sign| sign == '\t' || !sign.is_control()).collect();
        }
        let size = |headers: &[(String, String)]| -> usize {
            headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum()
        };
        while target.len() + size(&headers) > MAX_HEAD {
            let longest = (0..headers.len()).max_by_key(|&index| headers[index].1.len());
            headers.remove(longest.expect("the target alone is shorter"));
        }
        let mut secrets = self.secrets;
        secrets.extend(
            headers
                .iter()
                .filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
                .filter_map(|(_, value)| Some(value.rsplit_once(' ')?.1.to_owned())),
        );
        let mut request = HttpRequest::new(self.method, &target);
        request.headers = headers;
        request.body = body;
        request.source_ip = self.source_ip;
        (request, secrets)
    }
}

/// Returns whether a member of this name is a secret, which no response may repeat.
fn is_secret(name: &str) -> bool {
    name.ends_with("password") || name.ends_with("token")
}

/// Percent-encodes a text for a path or a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// Formats a value for a query.
fn plain(value: &Json) -> String {
    let text = value.write();
    serde_json::from_str::<String>(&text).unwrap_or(text)
}

/// Makes values for schemas.
struct Values<'a> {
    description: &'static Value,
    fixtures: &'a Fixtures,
    person: &'a Person,
}

impl Values<'_> {
    /// Returns a value that the schema allows, for a member or parameter of this name.
    fn of(&self, name: &str, schema: &'static Value, dice: &mut Dice) -> Json {
        let schema = resolve(self.description, schema);
        if let Some(known) = self.known(name, dice) {
            return Json::text(&known);
        }
        if let Some(names) = schema["enum"].as_array() {
            return dice.choose(names).into();
        }
        if let Some(alternatives) = schema["anyOf"].as_array() {
            return self.of(name, dice.choose(alternatives), dice);
        }
        match schema["type"].as_str() {
            Some("integer") => {
                let bound = |name: &str, usual| schema[name].as_u64().unwrap_or(usual) as usize;
                Json::Raw(dice.within(bound("minimum", 0)..=bound("maximum", 1000)).to_string())
            }
            Some("number") => Json::Raw(format!("{}.{}", dice.below(100), dice.below(100))),
            Some("boolean") => Json::Raw("true".into()),
            Some("array") => {
                let items = (0..dice.below(4)).map(|_| self.of(name, &schema["items"], dice));
                Json::Array(items.collect())
            }
            Some("object") => {
                let required = schema["required"].as_array();
                let is_required =
                    |name: &str| required.is_some_and(|names| names.iter().any(|known| known == name));
                let mut members = Vec::new();
                for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
                    if is_required(name) || dice.one_in(3) {
                        members.push((name.as_str(), self.of(name, schema, dice)));
                    }
                }
                Json::object(members)
            }
            _ => self.string(schema, dice),
        }
    }

    /// Returns an existing value for this name.
    fn known(&self, name: &str, dice: &mut Dice) -> Option<String> {
        Some(match name {
            "email" if dice.one_in(4) => format!("new{}@example.com", dice.below(1_000_000)),
            "email" => self.person.email.clone(),
            "password" => PASSWORD.to_owned(),
            "token" => self.person.token.clone(),
            "refresh_token" => self.person.refresh_token.clone(),
            "country" => dice.pick(&["US", "fr", "DEU"]).to_owned(),
            "name" if dice.one_in(4) => format!("Movie {}", dice.within(1..=self.fixtures.movies)),
            "name" => format!("A movie {}", dice.below(1_000_000)),
            _ => return None,
        })
    }

    fn string(&self, schema: &Value, dice: &mut Dice) -> Json {
        let is_number = schema["pattern"].as_str().is_some_and(|pattern| pattern.starts_with("^[0-9]"));
        let is_letters = schema["pattern"] == "^[A-Za-z]+$";
        Json::text(&match schema["format"].as_str() {
            Some("date") => {
                format!("{}-{:02}-{:02}", dice.within(1900..=2024), dice.within(1..=12), dice.within(1..=28))
            }
            Some("binary") => "face.png".to_owned(),
            _ if is_letters => dice.pick(&["Ann", "smith"]).to_owned(),
            _ if is_number => dice.below(100).to_string(),
            _ => dice.pick(&["Crime", "Drama", "English", "Al Pacino", "movie", "The end."]).to_owned(),
        })
    }
}
