//! Compares the API with recorded responses of the service that it replaces: `contract/cases.jsonl`.
//!
//! A line is `{"id", "request", "status", "answer"}`, with `body` (or `body_base64`) where one is sent, as
//! `application/json` unless `content_type` says otherwise. In an answer `…` at the end of a string stands for
//! any ending, and `…` alone for any value. The status `"4xx"` allows any 4xx with any answer.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{App, Method, Reply, catalogue};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    request: String,
    content_type: Option<String>,
    body: Option<String>,
    body_base64: Option<String>,
    status: Value,
    #[serde(default)]
    answer: Value,
}

impl Case {
    async fn send(&self, app: &App) -> Reply {
        let (method, path) = self.request.split_once(' ').expect("a method and a path");
        let mut request = app.request(Method::from_bytes(method.as_bytes()).expect("a method"), path);
        let base64 = self.body_base64.as_ref().map(|text| STANDARD.decode(text).expect("base64"));
        if let Some(body) = base64.or(self.body.clone().map(String::into_bytes)) {
            let content_type = self.content_type.as_deref().unwrap_or("application/json");
            request = request.header("content-type", content_type).body(body);
        }
        request.send().await
    }

    fn is_met_by(&self, reply: &Reply) -> bool {
        match self.status.as_u64() {
            None => self.status == "4xx" && reply.status.is_client_error(),
            Some(status) => {
                u64::from(reply.status.as_u16()) == status && matches(&self.answer, &reply.json())
            }
        }
    }
}

fn matches(expected: &Value, value: &Value) -> bool {
    match (expected, value) {
        (Value::String(expected), _) if expected == "…" => true,
        (Value::String(expected), Value::String(text)) => match expected.strip_suffix('…') {
            Some(start) => text.starts_with(start),
            None => text == expected,
        },
        (Value::Array(expected), Value::Array(items)) => {
            expected.len() == items.len()
                && expected.iter().zip(items).all(|(one, other)| matches(one, other))
        }
        (Value::Object(expected), Value::Object(members)) => {
            let known = |(name, one)| members.get(name).is_some_and(|other| matches(one, other));
            expected.len() == members.len() && expected.iter().all(known)
        }
        // 100 and 100.0 are the same number.
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => expected == value,
    }
}

/// Asserts that every case holds with this number of movies.
async fn assert_all_cases(movies: i32) {
    let app = App::builder().env("MOVIE_WRITES", "open").env("RATE_LIMITS", "off").start().await;
    catalogue::movies(&mut app.db().await, movies).await;
    let mut failures = Vec::new();
    for line in include_str!("contract/cases.jsonl").lines() {
        let case: Case = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        let reply = case.send(&app).await;
        if !case.is_met_by(&reply) {
            failures.push(format!(
                "{}: {}\n  expected {} {}\n  came     {} {}",
                case.id,
                case.request,
                case.status,
                case.answer,
                reply.status.as_u16(),
                String::from_utf8_lossy(&reply.body)
            ));
        }
    }
    assert!(failures.is_empty(), "{} cases failed\n{}", failures.len(), failures.join("\n"));
}

#[tokio::test]
async fn contract_cases_pass_on_empty_catalogue() {
    assert_all_cases(0).await;
}

#[tokio::test]
async fn contract_cases_pass_on_full_catalogue() {
    assert_all_cases(30).await;
}

#[test]
fn contract_comparison_detects_every_difference() {
    use serde_json::json;
    let same = [
        (json!({"a": [1, "x…"], "b": "…"}), json!({"b": {"c": null}, "a": [1.0, "xyz"]})),
        (json!("x…"), json!("x")),
    ];
    for (expected, value) in same {
        assert!(matches(&expected, &value), "{expected} {value}");
    }
    let different = [
        (json!({"a": 1}), json!({"a": 1, "b": 1})),
        (json!({"a": 1, "b": "…"}), json!({"a": 1})),
        (json!([1]), json!([1, 2])),
        (json!("x…"), json!("y")),
        (json!("x…"), json!(1)),
        (json!("1"), json!(1)),
        (json!(1), json!(2)),
        (json!(null), json!(false)),
    ];
    for (expected, value) in different {
        assert!(!matches(&expected, &value), "{expected} {value}");
    }
}
