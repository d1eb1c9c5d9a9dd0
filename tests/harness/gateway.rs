//! Events for functions, and routing of requests.

use lambda_http::aws_lambda_events::apigw::ApiGatewayProxyRequest;
use serde_json::{Value, json};

use super::{TEMPLATE, behave, request, service};
use crate::support::{Method, template::Template};

#[tokio::test]
async fn event_has_rest_proxy_format() {
    let headers = [("X-Two", "a"), ("x-one", "1"), ("X-Two", "b")];
    let target = "/items/a%2Fb/?b=1&a=x+y%2B%C3%A9&b=&&c";
    let reply = service().send(request(Method::POST, target, &headers, &[0xff, 0])).await;
    let mut event = reply.json();
    let context = event["requestContext"].take();
    let host = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com";
    assert_eq!(
        event,
        json!({
            "resource": "/items/{item}",
            "path": "/items/a%2Fb/",
            "httpMethod": "POST",
            "headers": {
                "X-Two": "b",
                "x-one": "1",
                "Host": host,
                "X-Forwarded-For": "198.51.100.9",
                "X-Forwarded-Port": "443",
                "X-Forwarded-Proto": "https",
            },
            "multiValueHeaders": {
                "X-Two": ["a", "b"],
                "x-one": ["1"],
                "Host": [host],
                "X-Forwarded-For": ["198.51.100.9"],
                "X-Forwarded-Port": ["443"],
                "X-Forwarded-Proto": ["https"],
            },
            "queryStringParameters": {"b": "", "a": "x y+é", "c": ""},
            "multiValueQueryStringParameters": {"b": ["1", ""], "a": ["x y+é"], "c": [""]},
            "pathParameters": {"item": "a%2Fb"},
            "stageVariables": null,
            "requestContext": null,
            "body": "/wA=",
            "isBase64Encoded": true,
        })
    );
    for (name, value) in [
        ("stage", "test"),
        ("path", "/test/items/a%2Fb/"),
        ("resourcePath", "/items/{item}"),
        ("httpMethod", "POST"),
        ("protocol", "HTTP/1.1"),
        ("domainName", host),
    ] {
        assert_eq!(context[name], value, "{name}");
    }
    assert_eq!(context["identity"]["sourceIp"], "198.51.100.9");
    assert!(context["requestTimeEpoch"].as_u64() > Some(1_700_000_000_000));
    assert!(context["requestId"].as_str().is_some_and(|id| !id.is_empty()));
}

/// The published type of the event drops members with unknown names or values of another type.
#[tokio::test]
async fn event_round_trips_through_published_type() {
    let headers = [("x-two", "a"), ("X-One", "1"), ("X-Two", "b")];
    let request = request(Method::POST, "/items/a%2Fb/?b=1&a=x+y", &headers, &[0xff, 0]);
    let mut event = service().send(request).await.json();
    let typed: ApiGatewayProxyRequest = serde_json::from_value(event.clone()).expect("the type fits");
    assert_eq!(typed.headers["x-two"], "b");
    assert_eq!(Vec::from_iter(typed.multi_value_headers.get_all("x-two")), ["a", "b"]);
    assert!(typed.headers.contains_key("x-one") && typed.headers.contains_key("x-forwarded-for"));
    let mut typed = serde_json::to_value(typed).expect("it is JSON");
    // The type lower-cases header names, writes {} for null, and lacks the extended id.
    for name in ["headers", "multiValueHeaders", "stageVariables"] {
        event[name].take();
        typed[name].take();
    }
    event["requestContext"]["extendedRequestId"].take();
    assert_kept(&event, &typed, "event");
}

/// Asserts that every member of `before` has the same value in `after`.
#[track_caller]
fn assert_kept(before: &Value, after: &Value, place: &str) {
    match before {
        Value::Object(members) => {
            for (name, value) in members {
                assert_kept(value, &after[name], &format!("{place}.{name}"));
            }
        }
        value => assert_eq!(after, value, "{place}"),
    }
}

#[tokio::test]
async fn absent_event_members_are_null() {
    let event = service().send(request(Method::GET, "/items", &[], b"")).await.json();
    for name in ["body", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters"] {
        assert_eq!(event[name], Value::Null, "{name}");
    }
    assert_eq!(event["isBase64Encoded"], false);
}

#[tokio::test]
async fn base64_response_is_decoded() {
    let reply = behave(&service(), "binary").await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body, [0, 0xff]);
    assert_eq!(reply.header("x-one"), Some("1"));
    assert_eq!(reply.header("x-both"), Some("a"));
    assert_eq!(Vec::from_iter(reply.headers.get_all("x-many")), ["1", "2"]);
}

#[tokio::test]
async fn gateway_rejects_oversized_requests() {
    let service = service();
    let body = vec![b'x'; 5 * 1024 * 1024];
    let reply = service.send(request(Method::POST, "/items/1", &[], &body)).await;
    assert_eq!(reply.status, 413);
    assert_eq!(reply.json(), json!({"own": "Request Entity Too Large"}));
    assert_eq!(service.environments("Item"), 0);
}

#[tokio::test]
async fn path_without_route_gets_gateway_response() {
    let service = service();
    for (method, target) in [(Method::GET, "/"), (Method::POST, "/items"), (Method::DELETE, "/items/")] {
        let reply = service.send(request(method, target, &[], b"")).await;
        assert_eq!(reply.status, 404, "{target}");
        assert_eq!(reply.json(), json!({"own": "not found"}), "{target}");
    }
}

#[test]
fn most_specific_route_wins() {
    let template = Template::parse(TEMPLATE).unwrap();
    let cases = [
        ("GET", "/items", "Item", "/items", vec![]),
        ("GET", "/items/", "Item", "/items", vec![]),
        ("GET", "/items/1", "Item", "/items/{item}", vec![("item", "1")]),
        ("GET", "/items/1/", "Item", "/items/{item}", vec![("item", "1")]),
        ("PUT", "/items/1", "Special", "/items/{item}", vec![("item", "1")]),
        ("GET", "/items/special", "Special", "/items/special", vec![]),
        ("PUT", "/items/special/", "Special", "/items/special", vec![]),
        ("GET", "/items/1/2", "Rest", "/{proxy+}", vec![("proxy", "items/1/2")]),
        ("GET", "/items//", "Rest", "/{proxy+}", vec![("proxy", "items/")]),
        ("GET", "/other", "Rest", "/{proxy+}", vec![("proxy", "other")]),
    ];
    for (method, path, function, resource, parameters) in cases {
        let route = template.find(method, path).unwrap_or_else(|| panic!("{method} {path}"));
        let found: Vec<_> =
            route.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!((route.function.name.as_str(), route.resource), (function, resource), "{method} {path}");
        assert_eq!(found, parameters, "{method} {path}");
    }
}
