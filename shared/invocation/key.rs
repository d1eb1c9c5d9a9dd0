//! A key that job events must contain if the invocation port is open to more than their callers.
//!
//! On AWS, IAM decides who may invoke a function. `cargo lambda watch` accepts invocations from every program
//! on the machine, and from every page in its browser, because a cross-site POST of plain text needs no
//! permission.

use ring::digest::{SHA256, digest};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{config, json::Json};

/// The key, if `INVOCATION_KEY` is set.
pub struct InvocationKey(Option<SecretString>);

impl InvocationKey {
    /// Reads `INVOCATION_KEY`. If it is not set, every event is accepted.
    pub fn read() -> Self {
        Self(config::optional("INVOCATION_KEY").map(SecretString::from))
    }

    /// Returns the event inside `{"key": …, "event": …}`, or `None` if the key is wrong.
    pub fn open<'a>(&self, event: Json<'a>) -> Option<Json<'a>> {
        let Some(key) = &self.0 else { return Some(event) };
        let Json::Object(mut members) = event else { return None };
        let sent = members.shift_remove("key")?;
        // Compares hashes instead of the texts, so that the time reveals nothing about the key.
        let hash = |text: &str| digest(&SHA256, text.as_bytes());
        (hash(sent.as_str()?).as_ref() == hash(key.expose_secret()).as_ref())
            .then(|| members.shift_remove("event").unwrap_or_default())
    }

    /// Wraps `event` for a function with the same key.
    pub fn seal(&self, event: Value) -> Value {
        match &self.0 {
            Some(key) => json!({ "key": key.expose_secret(), "event": event }),
            None => event,
        }
    }
}
