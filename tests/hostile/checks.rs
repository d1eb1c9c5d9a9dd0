//! Checks that every response has to pass.

use crate::support::{App, Method, Reply, description, gateway::HttpRequest};

/// The largest response to invalid input, in bytes.
const MAX_ERROR_RESPONSE: usize = 256 * 1024;

/// The largest response of Lambda, in bytes.
const MAX_RESPONSE: usize = 6 * 1024 * 1024;

/// The shortest secret to search for; a response may contain a shorter one by chance.
const SHORTEST_SECRET: usize = 12;

/// Returns the faults of a response.
pub async fn faults(app: &App, request: &HttpRequest, secrets: &[String], reply: &Reply) -> Vec<String> {
    let mut faults = Vec::new();
    if reply.status.is_server_error() {
        faults.push(format!("it is {}", reply.status));
    }
    if reply.body.len() > MAX_RESPONSE {
        faults.push(format!("it has {} bytes", reply.body.len()));
    }
    if reply.status.is_client_error() {
        if reply.body.len() > MAX_ERROR_RESPONSE {
            faults.push(format!("it refuses with {} bytes", reply.body.len()));
        }
        let text = reply.text();
        if request.method != Method::HEAD && !text.starts_with(r#"{"detail":"#) {
            faults.push("it has no detail".into());
        }
        if let Some(secret) =
            secrets.iter().find(|secret| secret.len() >= SHORTEST_SECRET && is_repeated(secret, &text))
        {
            faults.push(format!("it repeats the secret {secret:.60}"));
        }
    }
    // The validation errors repeat the input of members with such names.
    let can_be_read = !reply.text().contains("$serde_json::private");
    if can_be_read && let Err(fault) = description::validate(app.template(), request, reply).await {
        faults.push(fault);
    }
    faults
}

/// Returns whether the response contains the secret, escaped as in JSON.
fn is_repeated(secret: &str, answer: &str) -> bool {
    let quoted = serde_json::Value::from(secret).to_string();
    answer.contains(&quoted[1..quoted.len() - 1])
}
