//! Which e-mail addresses are taken, in which form, and why the others are not: `contract/email_addresses.jsonl`.
//!
//! A line is `{"input", "accepted"}` with the normal form, or `{"input", "reason"}`, where `…` at the end stands
//! for any ending and null for any reason.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{App, Reply, accounts::PASSWORD, repeated};

#[derive(Deserialize)]
struct Case {
    input: String,
    accepted: Option<String>,
    reason: Option<String>,
}

impl Case {
    fn is_met_by(&self, reply: &Reply) -> bool {
        let body = reply.json();
        match &self.accepted {
            // Two inputs may be one address.
            Some(address) if reply.status == 409 => {
                body["detail"] == format!("A user with this email {address} already exists.")
            }
            Some(address) => reply.status == 201 && body["email"] == *address,
            None => reply.status == 422 && self.is_refused_by(&body["detail"]),
        }
    }

    fn is_refused_by(&self, faults: &Value) -> bool {
        let Some(reason) = faults[0]["ctx"]["reason"].as_str() else { return false };
        let expected = self.reason.as_deref().unwrap_or("…");
        let is_right = match expected.strip_suffix('…') {
            Some(start) => reason.starts_with(start),
            None => reason == expected,
        };
        is_right
            && *faults
                == json!([{
                    "type": "value_error",
                    "loc": ["body", "email"],
                    "msg": format!("value is not a valid email address: {reason}"),
                    "input": repeated(&*self.input),
                    "ctx": { "reason": reason },
                }])
    }
}

#[tokio::test]
async fn every_case_is_judged_as_it_should_be() {
    let app = App::start().await;
    let mut failed = Vec::new();
    for line in include_str!("../contract/email_addresses.jsonl").lines() {
        let case: Case = serde_json::from_str(line).expect("a line is a case");
        let body = json!({ "email": case.input, "password": PASSWORD });
        let reply = app.post_json("/api/v1/accounts/register/", body).await;
        if !case.is_met_by(&reply) {
            failed.push(format!("{line}\n  {} {}", reply.status, reply.text()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
