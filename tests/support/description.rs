//! Checks every response against the OpenAPI description.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
};

use axum::http::{Method, StatusCode};
use jsonschema::{Draft, Validator};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::{
    executables::executables,
    gateway::{HttpRequest, Reply},
    service::Service,
    template::Template,
};

/// The statuses of the gateway's own responses, on every path.
const GATEWAY: [u16; 3] = [413, 502, 504];

/// Headers that only some responses with a status have.
const OPTIONAL: [&str; 1] = ["Link"];

/// Returns the description from the function `docs`.
pub async fn description() -> &'static Value {
    static DESCRIPTION: OnceCell<Value> = OnceCell::const_new();
    let load = || async {
        let service = Service::of_project(executables());
        let reply = service.send(HttpRequest::new(Method::GET, "/openapi.json")).await;
        assert_eq!(reply.status, 200, "{}", service.logs("Docs"));
        reply.json()
    };
    DESCRIPTION.get_or_init(load).await
}

/// Panics if the description does not allow this response to this request.
pub async fn check(template: &Template, request: &HttpRequest, reply: &Reply) {
    if let Err(complaint) = validate(template, request, reply).await {
        panic!("{complaint}: {} {} was answered {reply:?}", request.method, request.target);
    }
}

/// Fails if the description does not allow this response to this request, with the reason.
pub async fn validate(template: &Template, request: &HttpRequest, reply: &Reply) -> Result<(), String> {
    let method = if request.method == Method::HEAD { Method::GET } else { request.method.clone() };
    let description = description().await;
    let status = reply.status.as_u16();
    let undescribed = || format!("the status {status} is not described");
    let resource = template.find(method.as_str(), request.path()).map(|route| route.resource);
    let described = resource.filter(|resource| *resource != "/{proxy+}").and_then(|resource| {
        let paths = description["paths"].as_object()?;
        paths.iter().find(|(path, _)| path.trim_end_matches('/') == resource.trim_end_matches('/'))
    });
    let Some((path, item)) = described else {
        // A function that is not configured fails on every path.
        return ensure(matches!(status, 404 | 500) || GATEWAY.contains(&status), undescribed);
    };
    let name = method.as_str().to_ascii_lowercase();
    let Some(operation) = item.get(&name) else {
        // A preflight request, if CORS is enabled.
        let is_preflight = status == 204 && name == "options";
        return ensure(is_preflight || status == 405 || GATEWAY.contains(&status), undescribed);
    };
    let Some(answer) = operation["responses"].get(status.to_string()) else {
        return ensure(GATEWAY.contains(&status), undescribed);
    };
    for (header, _) in answer["headers"].as_object().into_iter().flatten() {
        let is_there = OPTIONAL.contains(&header.as_str()) || reply.headers.contains_key(header);
        ensure(is_there, || format!("the header {header} is missing"))?;
    }
    let Some((media_type, _)) = answer["content"].as_object().and_then(|content| content.iter().next())
    else {
        return ensure(reply.body.is_empty(), || "there is a body".into());
    };
    let content_type = reply.header("content-type").unwrap_or_default();
    let is_of_type = match media_type.strip_suffix('*') {
        Some(start) => content_type.starts_with(start),
        None => content_type == media_type,
    };
    ensure(is_of_type, || format!("the content type is {content_type:?}"))?;
    if media_type == "application/json" && request.method != Method::HEAD && status_has_json(reply) {
        let place = ["paths", path, &name, "responses", &status.to_string(), "content", media_type, "schema"];
        let validator = validator(description, &place);
        let body =
            serde_json::from_slice(&reply.body).map_err(|error| format!("the body is not JSON: {error}"))?;
        let faults: Vec<_> = validator.iter_errors(&body).map(|fault| fault.to_string()).collect();
        ensure(faults.is_empty(), || format!("{faults:#?}"))?;
    }
    Ok(())
}

fn ensure(holds: bool, complaint: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(complaint()) }
}

fn status_has_json(reply: &Reply) -> bool {
    reply.status != StatusCode::NOT_MODIFIED && reply.header("content-encoding").is_none()
}

/// Returns the validator of the schema at this place in the description.
fn validator(description: &Value, place: &[&str]) -> Arc<Validator> {
    static VALIDATORS: OnceLock<Mutex<HashMap<String, Arc<Validator>>>> = OnceLock::new();
    let escaped = place.iter().map(|name| name.replace('~', "~0").replace('/', "~1"));
    let pointer = format!("#/{}", escaped.collect::<Vec<_>>().join("/"));
    let mut validators =
        VALIDATORS.get_or_init(Mutex::default).lock().expect("no check panics with the lock");
    let make = || {
        let mut root = description.clone();
        close(&mut root);
        root["$ref"] = json!(percent(&pointer));
        let validator = jsonschema::options().with_draft(Draft::Draft202012).build(&root);
        Arc::new(validator.unwrap_or_else(|error| panic!("{pointer}: {error}")))
    };
    Arc::clone(validators.entry(pointer.clone()).or_insert_with(make))
}

/// Encodes a JSON pointer as the fragment of a URI.
fn percent(pointer: &str) -> String {
    pointer.replace('{', "%7B").replace('}', "%7D")
}

/// Forbids members that the schema does not describe. Clients must tolerate them, tests need not.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("type").is_some_and(|kind| kind == "object") && members.contains_key("properties")
            {
                members.insert("additionalProperties".into(), json!(false));
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
