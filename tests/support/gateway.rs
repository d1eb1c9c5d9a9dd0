//! Emulates API Gateway: converts HTTP requests to REST proxy events (payload 1.0), and the functions' results to HTTP
//! responses.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    routing::Match,
    template::{GatewayResponse, Template},
};

/// The host name of requests.
const DOMAIN: &str = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";

/// An HTTP request to the gateway.
#[derive(Clone)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The percent-encoded path without the stage, with the query if there is one.
    pub target: String,
    /// The headers in the order they are sent.
    pub headers: Vec<(String, String)>,
    /// The body, empty for none.
    pub body: Vec<u8>,
    /// The client's address.
    pub source_ip: String,
}

/// A response to the client.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as sent.
    pub body: Vec<u8>,
}

impl Reply {
    /// Returns the body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Returns the body as JSON. Panics with the body if it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// Returns the value of a header, if it is there once and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?.to_str().ok()?;
        values.next().is_none().then_some(value)
    }
}

impl HttpRequest {
    /// Returns a request without headers and body, from the default IP address of the tests.
    pub fn new(method: Method, target: &str) -> Self {
        let source_ip = String::from("203.0.113.7");
        Self { method, target: target.to_owned(), headers: Vec::new(), body: Vec::new(), source_ip }
    }

    /// Returns the percent-encoded path.
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&self.target, |(path, _)| path)
    }

    /// Returns the event for the function at this route.
    pub fn event(&self, route: &Match<'_>, stage: &str) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is past 1970");
        let path = self.path();
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        let (query, queries) = maps(query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        }));
        let (headers, many_headers) = maps(self.all_headers().into_iter());
        let parameters: Map<_, _> =
            route.parameters.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        json!({
            "resource": route.resource,
            "path": path,
            "httpMethod": self.method.as_str(),
            "headers": headers,
            "multiValueHeaders": many_headers,
            "queryStringParameters": query,
            "multiValueQueryStringParameters": queries,
            "pathParameters": if parameters.is_empty() { Value::Null } else { parameters.into() },
            "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": DOMAIN,
                "domainPrefix": "a1b2c3d4e5",
                "extendedRequestId": "JKJaXmPLvHcESHA=",
                "httpMethod": self.method.as_str(),
                "identity": {"sourceIp": self.source_ip, "userAgent": null},
                "path": format!("/{stage}{path}"),
                "protocol": "HTTP/1.1",
                "requestId": unique_id(),
                "requestTimeEpoch": u64::try_from(now.as_millis()).expect("the clock is before the year 500000"),
                "resourceId": "resource",
                "resourcePath": route.resource,
                "stage": stage,
            },
            "body": if self.body.is_empty() { Value::Null } else { STANDARD.encode(&self.body).into() },
            "isBase64Encoded": !self.body.is_empty(),
        })
    }

    fn all_headers(&self) -> Vec<(String, String)> {
        // API Gateway appends the client's address to the forwarded ones.
        let (forwarded, sent): (Vec<_>, Vec<_>) =
            self.headers.iter().partition(|(name, _)| name.eq_ignore_ascii_case("x-forwarded-for"));
        let chain: Vec<&str> =
            forwarded.into_iter().map(|(_, value)| value.as_str()).chain([self.source_ip.as_str()]).collect();
        let added = [
            ("Host", DOMAIN),
            ("X-Forwarded-For", &chain.join(", ")),
            ("X-Forwarded-Port", "443"),
            ("X-Forwarded-Proto", "https"),
        ];
        let added = added.map(|(name, value)| (name.to_owned(), value.to_owned()));
        sent.into_iter().cloned().chain(added).collect()
    }
}

/// The result of a function for the gateway.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse {
    status_code: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    multi_value_headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Returns the response in a function's payload, or `None` if API Gateway would reject it as malformed.
pub fn reply(payload: &[u8]) -> Option<Reply> {
    let response: ProxyResponse = serde_json::from_slice(payload).ok()?;
    let mut headers = HeaderMap::new();
    for (name, values) in response.multi_value_headers.unwrap_or_default() {
        for value in values.as_array()? {
            headers.append(header_name(&name)?, header_value(value)?);
        }
    }
    for (name, value) in response.headers.unwrap_or_default() {
        let (name, value) = (header_name(&name)?, header_value(&value)?);
        // API Gateway merges a header with the same name and value in both maps.
        if !headers.get_all(&name).iter().any(|known| known == value) {
            headers.append(name, value);
        }
    }
    let body = response.body.unwrap_or_default();
    Some(Reply {
        status: StatusCode::from_u16(response.status_code).ok()?,
        headers,
        body: if response.is_base64_encoded { STANDARD.decode(body).ok()? } else { body.into_bytes() },
    })
}

impl Template {
    /// Returns a response of the gateway itself, from the template's gateway responses.
    pub fn gateway_reply(&self, kind: &str, status: StatusCode, message: &str) -> Reply {
        let general = if status.is_client_error() { "DEFAULT_4XX" } else { "DEFAULT_5XX" };
        let usual = GatewayResponse::default();
        let response =
            [kind, general].iter().find_map(|kind| self.gateway_responses.get(*kind)).unwrap_or(&usual);
        let body = response.response_templates.get("application/json");
        let body = body.map_or(r#"{"message":$context.error.messageString}"#, String::as_str);
        let body = body.replace("$context.error.messageString", &json!(message).to_string());
        let mut headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        headers.extend(response.headers().map(|(name, value)| {
            let name = header_name(name).expect("the template names headers");
            (name, value.parse::<HeaderValue>().expect("the template has values of headers"))
        }));
        Reply {
            status: response.status_code.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(status),
            headers,
            body: body.into_bytes(),
        }
    }
}

/// Returns `input` as a response repeats it: unchanged, or its length if its JSON is over 2,048 bytes.
pub fn repeated(input: impl Into<Value>) -> Value {
    let input = input.into();
    let length = input.to_string().len();
    if length > 2048 { json!(format!("<{length} bytes>")) } else { input }
}

/// Returns an id in the form of a UUID, unique in this process.
pub fn unique_id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    format!("00000000-0000-4000-8000-{:012x}", COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// Returns pairs in the two forms of API Gateway: the last value of each name, and all values. `null` for none.
fn maps(pairs: impl Iterator<Item = (String, String)>) -> (Value, Value) {
    let (mut last, mut all) = (Map::new(), Map::new());
    for (name, value) in pairs {
        let values = all.entry(name.clone()).or_insert_with(|| json!([]));
        values.as_array_mut().expect("made as an array").push(json!(value));
        last.insert(name, json!(value));
    }
    if last.is_empty() { (Value::Null, Value::Null) } else { (last.into(), all.into()) }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn header_name(name: &str) -> Option<HeaderName> {
    name.parse().ok()
}

fn header_value(value: &Value) -> Option<HeaderValue> {
    match value {
        Value::String(text) => text.parse().ok(),
        Value::Bool(_) | Value::Number(_) => value.to_string().parse().ok(),
        _ => None,
    }
}
