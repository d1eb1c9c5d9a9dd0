//! A key that events of jobs must carry, where the port that takes them is open to more than their callers.
//!
//! On AWS, IAM decides who invokes a function. `cargo lambda watch` lets every program of the machine do it, and so every
//! page in its browser: a cross-site POST of plain text needs no permission.

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{config, json::Json};

/// The key, where `INVOCATION_KEY` sets one.
pub struct InvocationKey(Option<SecretString>);

impl InvocationKey {
    /// Reads `INVOCATION_KEY`; without it events are taken as they come.
    pub fn read() -> Self {
        Self(config::optional("INVOCATION_KEY").map(SecretString::from))
    }

    /// The event inside `{"key": …, "event": …}`; `None` where the key is not the right one.
    pub fn open<'a>(&self, event: Json<'a>) -> Option<Json<'a>> {
        let Some(key) = &self.0 else { return Some(event) };
        let Json::Object(mut members) = event else { return None };
        let sent = members.shift_remove("key")?;
        // Equal hashes are compared in place of the texts, so that the time taken says nothing about the key.
        let hash = |text: &str| digest(&SHA256, text.as_bytes());
        (hash(sent.as_str()?).as_ref() == hash(key.expose_secret()).as_ref())
            .then(|| members.shift_remove("event").unwrap_or_default())
    }

    /// `event` as a function with the same key takes it.
    pub fn seal(&self, event: Value) -> Value {
        match &self.0 {
            Some(key) => json!({ "key": key.expose_secret(), "event": event }),
            None => event,
        }
    }
}
