//! Tests of the test harness, with a template and a function of its own.

mod environments;
mod gateway;
mod site;
mod templates;

use crate::support::{Method, Reply, gateway::HttpRequest, service::Service, template::Template};

const TEMPLATE: &str = include_str!("template.yaml");

fn service() -> Service {
    let folder = xtask::root().join("tests/harness");
    Service::new(Template::parse(TEMPLATE).expect("the template is right"), &folder)
}

fn request(method: Method, target: &str, headers: &[(&str, &str)], body: &[u8]) -> HttpRequest {
    HttpRequest {
        method,
        target: target.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.to_owned(),
        source_ip: String::from("198.51.100.9"),
    }
}

async fn behave(service: &Service, behavior: &str) -> Reply {
    service.send(request(Method::GET, "/items/1", &[("x-behavior", behavior)], b"")).await
}
