//! What holds for every line that any function logs in any test.

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::AhoCorasick;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{emf, gateway::HttpRequest};

/// Members of requests and answers that no log may repeat.
const PRIVATE: [&str; 6] = ["email", "password", "token", "refresh_token", "access_token", "new_password"];

/// Shorter texts, and those of fewer different characters (such as zeros), may be in a log by chance.
const SHORTEST: usize = 8;
const FEWEST: usize = 5;

/// Of longer texts the start is searched for, in characters.
const LONGEST: usize = 128;

/// As long as the tokens that the API makes; no id is.
const TOKEN: usize = 43;

/// What a member of JSON holds. A `Value` would give some names inside it a meaning, and nest without end for them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Member {
    Text(String),
    Other(IgnoredAny),
}

/// What clients and settings have secrets to the functions.
#[derive(Default)]
pub struct SeenSecrets(BTreeSet<String>);

impl SeenSecrets {
    /// Takes down what is private in a request.
    pub fn record(&mut self, request: &HttpRequest) {
        for (_, value) in
            request.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            self.add(value.rsplit(' ').next().unwrap_or_default());
        }
        self.record_json(&request.body);
    }

    /// Takes down what is private in JSON that is sent or answered.
    pub fn record_json(&mut self, text: &[u8]) {
        let Ok(members) = serde_json::from_slice::<BTreeMap<String, Member>>(text) else { return };
        for name in PRIVATE {
            if let Some(Member::Text(value)) = members.get(name) {
                self.add(value);
            }
        }
    }

    /// Takes down what is private in an environment variable.
    pub fn record_setting(&mut self, name: &str, value: &str) {
        if ["SECRET_KEY", "SECRET_ACCESS_KEY", "PASSWORD"].iter().any(|part| name.contains(part)) {
            self.add(value);
        }
        if let Some((login, _)) = value.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@')) {
            self.add(login.split_once(':').map_or("", |(_, password)| password));
        }
    }

    fn add(&mut self, text: &str) {
        // A log that repeats more than the start repeats the start.
        let text: String = text.trim().chars().take(LONGEST).collect();
        let different: BTreeSet<_> = text.chars().collect();
        if text.len() >= SHORTEST && different.len() >= FEWEST {
            self.0.insert(text);
        }
    }

    /// What is wrong with logs.
    pub fn violations(&self, logs: &[impl AsRef<str>]) -> Vec<String> {
        // A hostile client confides a hundred thousand texts, and causes as many lines.
        let private = AhoCorasick::new(&self.0).expect("what tests confide fits into an automaton");
        let complaint = |line: &str| Some(format!("{} in the line {line}", Self::complaint(&private, line)?));
        // Who is killed may leave half a line.
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
            // A panic has its words elsewhere.
            if *name != "message" || !value["panic"].is_string() {
                return Some(format!("no {name} is"));
            }
        }
        emf::samples(&value).err().map(|error| format!("no valid metric ({error}) is"))
    }
}

/// Whether something stands before and after an "@", and what follows has a dot in it.
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

/// Runs of the characters that base64url and hexadecimal text is made of.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !character.is_ascii_alphanumeric() && character != '-' && character != '_')
}
