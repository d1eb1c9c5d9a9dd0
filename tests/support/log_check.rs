//! Checks every log line of every test: none contains anything private.

use std::{
    collections::BTreeSet,
    fmt::{self, Formatter},
};

use aho_corasick::AhoCorasick;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{emf, gateway::HttpRequest};

/// Members of requests and responses that no log may contain.
pub const PRIVATE: [&str; 7] =
    ["email", "password", "token", "refresh_token", "access_token", "old_password", "new_password"];

/// The shortest private text to search for, also in different characters; others appear in logs by chance.
const SHORTEST: usize = 8;
const FEWEST: usize = 5;

/// The length of the start that represents longer texts, in characters.
const LONGEST: usize = 128;

/// The length of the API's tokens, which no id has.
const TOKEN: usize = 43;

/// The value of a JSON member. `Value` would interpret some names inside it, and recurse without a limit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Member {
    Text(String),
    Other(IgnoredAny),
}

/// The values of an object's private members. Reading all members of a large body would take most of a test's time.
struct PrivateMembers(Vec<String>);

impl<'de> Deserialize<'de> for PrivateMembers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Vec<String>;

            fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Vec<String>, A::Error> {
                let mut values = Vec::new();
                while let Some(name) = members.next_key::<String>()? {
                    if !PRIVATE.contains(&&*name) {
                        members.next_value::<IgnoredAny>()?;
                    } else if let Member::Text(value) = members.next_value()? {
                        values.push(value);
                    }
                }
                Ok(values)
            }
        }
        deserializer.deserialize_map(Members).map(Self)
    }
}

/// The private texts that clients and settings pass to the functions.
#[derive(Default)]
pub struct SeenSecrets(BTreeSet<String>);

impl SeenSecrets {
    /// Records the private texts of a request.
    pub fn record(&mut self, request: &HttpRequest) {
        for (_, value) in
            request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            self.add(value.rsplit(' ').next().unwrap_or_default());
        }
        self.record_json(&request.body);
    }

    /// Records the private texts of JSON in a request or response.
    pub fn record_json(&mut self, text: &[u8]) {
        // The error for another value would contain all of it.
        if text.trim_ascii_start().first() != Some(&b'{') {
            return;
        }
        let Ok(PrivateMembers(values)) = serde_json::from_slice(text) else { return };
        values.iter().for_each(|value| self.add(value));
    }

    /// Records the private texts of an environment variable.
    pub fn record_setting(&mut self, name: &str, value: &str) {
        if ["SECRET_KEY", "SECRET_ACCESS_KEY", "PASSWORD"].iter().any(|part| name.contains(part)) {
            self.add(value);
        }
        if let Some((login, _)) = value.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')) {
            self.add(login.split_once(':').map_or("", |(_, password)| password));
        }
    }

    fn add(&mut self, text: &str) {
        // A log that contains more than the start also contains the start.
        let text: String = text.trim().chars().take(LONGEST).collect();
        let different: BTreeSet<_> = text.chars().collect();
        if text.len() >= SHORTEST && different.len() >= FEWEST {
            self.0.insert(text);
        }
    }

    /// Returns the violations in logs.
    pub fn violations(&self, logs: &[impl AsRef<str>]) -> Vec<String> {
        // A run of the hostile client has a hundred thousand private texts, and as many lines.
        let private = AhoCorasick::new(&self.0).expect("what tests confide fits into an automaton");
        let complaint = |line: &str| Some(format!("{} in the line {line}", Self::complaint(&private, line)?));
        // A killed process may leave half a line.
        logs.iter()
            .filter_map(|log| log.as_ref().rsplit_once('\n'))
            .flat_map(|(lines, _)| lines.lines())
            .filter_map(complaint)
            .collect()
    }

    fn complaint(private: &AhoCorasick, line: &str) -> Option<String> {
        if let Some(found) = private.find(line) {
            return Some(format!("{:?}, which is private, is", &line[found.range()]));
        }
        if has_address(line) {
            return Some("an address is".into());
        }
        if words(line).any(|word| word.starts_with("eyJ") || word.len() >= TOKEN) {
            return Some("what looks like a token is".into());
        }
        let value: Value = match serde_json::from_str(line) {
            Ok(value) => value,
            Err(error) => return Some(format!("no JSON ({error}) is")),
        };
        if let Some(name) = ["timestamp", "level", "message"].iter().find(|name| !value[**name].is_string()) {
            // Panics have another format.
            if *name != "message" || !value["panic"].is_string() {
                return Some(format!("no {name} is"));
            }
        }
        emf::samples(&value).err().map(|error| format!("no valid metric ({error}) is"))
    }
}

/// Returns whether a line contains an "@" with text before it, and text with a dot after it.
fn has_address(line: &str) -> bool {
    let inside = |character: char| character.is_alphanumeric() || character == '-';
    line.match_indices('@').any(|(at, _)| {
        let host = line[at + 1..]
            .split(|character| !inside(character) && character != '.')
            .next()
            .unwrap_or_default();
        let dotted = host.trim_end_matches('.').contains('.') && !host.starts_with('.');
        dotted && line[..at].chars().next_back().is_some_and(inside)
    })
}

/// Returns the words of base64url or hexadecimal characters.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_ascii_alphanumeric() && character != '-' && character != '_')
}
