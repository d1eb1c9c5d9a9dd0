//! The client's input in an error response: without secrets, and of limited size.

use std::io;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::RawValue;

use crate::json::Json;

/// The longest input that is echoed, in bytes of compact JSON. A longer one is replaced by its length.
const MAX_LENGTH: usize = 2048;

/// Replaces a secret.
pub const MASK: &str = "**********";

/// An input value in a response: at most 2,048 bytes, without secrets.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct EchoedInput(Box<RawValue>);

impl EchoedInput {
    /// Returns `value` with masked secrets, or its length in bytes if it is too long.
    pub fn of(value: &Json<'_>) -> Self {
        let mut output = Bounded::default();
        // Writing to memory cannot fail, and every `Json` can be serialized.
        let _ = serde_json::to_writer(&mut output, &Masked(value));
        if output.length > MAX_LENGTH {
            return Self::text(&format!("<{} bytes>", output.length));
        }
        let text = String::from_utf8(output.start).unwrap_or_default();
        Self(RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// Returns the mask of a secret.
    pub fn secret() -> Self {
        Self::text(MASK)
    }

    fn text(text: &str) -> Self {
        Self::of(&text.into())
    }
}

/// Returns whether a member with this name contains a secret.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("password") || name.ends_with("token")
}

/// Serializes a value with masked secrets.
struct Masked<'a>(&'a Json<'a>);

impl Serialize for Masked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Json::Array(items) => serializer.collect_seq(items.iter().map(Masked)),
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    if is_secret(name) {
                        map.serialize_entry(name, MASK)?
                    } else {
                        map.serialize_entry(name, &Masked(value))?
                    }
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// Counts the written bytes and keeps the first ones.
#[derive(Default)]
struct Bounded {
    start: Vec<u8>,
    length: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len();
        if self.length <= MAX_LENGTH {
            self.start.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(text: &str) -> String {
        EchoedInput::of(&Json::parse(text).expect("it is JSON")).0.get().to_owned()
    }

    #[test]
    fn echoed_input_masks_secrets_at_any_depth() {
        let sent =
            r#"{"a":[{"password":"x","token":{"b":1},"new_password":0,"refresh_token":[],"Password":null}]}"#;
        let mask = r#""**********""#;
        let expected = format!(
            r#"{{"a":[{{"password":{mask},"token":{mask},"new_password":{mask},"refresh_token":{mask},"Password":{mask}}}]}}"#
        );
        assert_eq!(repeated(sent), expected);
        assert_eq!(repeated(r#"{"passwords":"x","tokens":1}"#), r#"{"passwords":"x","tokens":1}"#);
    }

    #[test]
    fn echoed_input_over_2048_bytes_becomes_its_length() {
        let fits = format!("\"{}\"", "é".repeat(1023));
        assert_eq!(repeated(&fits), fits);
        assert_eq!(repeated(&format!("\"{}x\"", "é".repeat(1023))), r#""<2049 bytes>""#);
        assert_eq!(repeated(&format!("[ {} 1]", "1 , ".repeat(1022))), format!("[{}1]", "1,".repeat(1022)));
        assert_eq!(repeated(&format!("[{}1]", "1,".repeat(1024))), r#""<2051 bytes>""#);
    }

    #[test]
    fn echoed_input_length_counts_mask_not_secret() {
        let sent = format!(r#"{{"password":"{}"}}"#, "x".repeat(5000));
        assert_eq!(repeated(&sent), r#"{"password":"**********"}"#);
    }
}
