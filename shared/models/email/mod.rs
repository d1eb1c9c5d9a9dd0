//! Email addresses in request bodies.
//!
//! An address is a dot-atom, an @-sign and a domain name (RFC 5321, and RFC 6531 for international ones). The
//! other forms of RFC 5322 (quotes, comments, bracketed IP addresses, display names) are rejected. If several
//! things are wrong, the error is the one that the Python package email-validator reports.

mod code_point;
mod domain;
mod local_part;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use crate::{
    json::Json,
    validation::{Fault, Field, is_blank, string},
};

/// The longest input that is parsed, in characters.
const MAX_INPUT: usize = 2048;

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, without the path's angle brackets).
const MAX_LENGTH: usize = 254;

/// The sentence that tells the client why an address is invalid.
type Reason = Cow<'static, str>;

/// An address in its normal form: lower case, Unicode NFC, the domain in Unicode instead of Punycode, without
/// surrounding whitespace. Normalizing it again does not change it.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(
    inline,
    description = "An address, also an international one; upper and lower case are the same.",
    extend("format" = "email", "maxLength" = MAX_LENGTH)
)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Returns the address in its normal form, at most 254 bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the part before the @-sign. It may contain non-ASCII characters.
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// Returns the domain name in ASCII (Punycode), which every mail server accepts.
    pub fn ascii_domain(&self) -> String {
        domain::to_ascii(self.parts().1).expect("a normal form has a domain name")
    }

    /// Returns a part of an address as it is spelled in the normal form: in lower case and NFC.
    pub fn normal_part(text: &str) -> String {
        lower_case(text)
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').expect("an address has an @-sign")
    }
}

/// Parses an address. Fails with the sentence for the client.
impl FromStr for EmailAddress {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        read(text).map(Self)
    }
}

/// Formats without the address itself, which is personal data.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EmailAddress(…)")
    }
}

impl Field for EmailAddress {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value)?.parse().map_err(|reason: Reason| {
            let message = format!("value is not a valid email address: {reason}");
            vec![Fault::new("value_error", message).with_context(json!({ "reason": reason }))]
        })
    }
}

/// Returns the normal form of the address `text`. Fails with the sentence for the client.
fn read(text: &str) -> Result<String, Reason> {
    if text.chars().nth(MAX_INPUT).is_some() {
        return Err(format!("The email address is too long (over {MAX_INPUT} characters).").into());
    }
    let text = text.trim_matches(is_blank);
    let (before, after) = split(text, &['@', '<'])?;
    if !after.starts_with('<') {
        return normalize(before, &after[1..]);
    }
    // The contract reports errors in the address itself first.
    if let Some(address) = after[1..].trim_end_matches(' ').strip_suffix('>') {
        let (local_part, domain) = split(address, &['@'])?;
        normalize(local_part, &domain[1..])?;
    }
    Err("A display name and angle brackets around the email address are not permitted here.".into())
}

/// Splits `text` before the first of `marks` that is not inside quotes.
fn split<'a>(text: &'a str, marks: &[char]) -> Result<(&'a str, &'a str), Reason> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            // A "<" that a following character turns into "≮" does not start an address.
            _ if !quoted && marks.contains(&c) && text[at..].nfc().next() == Some(c) => {
                return Ok(text.split_at(at));
            }
            _ => {}
        }
    }
    Err("An email address must have an @-sign.".into())
}

/// Returns the normal form of `local_part`@`domain`. Fails if it is too long.
fn normalize(local_part: &str, domain: &str) -> Result<String, Reason> {
    local_part::check(local_part)?;
    let normal_local_part = lower_case(local_part);
    local_part::check(&normal_local_part)?;
    let names = domain::read(domain)?;
    let normal = format!("{normal_local_part}@{}", lower_case(&names.unicode));
    // Both forms must fit, because a mail server may get either.
    let as_sent = local_part.len() + 1 + domain.len();
    let in_ascii = normal_local_part.len() + 1 + names.ascii.len();
    let length = as_sent.max(in_ascii).max(normal.len());
    if length > MAX_LENGTH {
        return Err(format!("The email address is too long ({length} bytes, at most {MAX_LENGTH}).").into());
    }
    Ok(normal)
}

/// Returns `text` in lower case and NFC, in this order: "J̌" is two characters, "ǰ" is one.
fn lower_case(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

/// Fails if `is_wrong` matches characters of `text`. The error is `message` and a list of them.
fn reject(message: &str, text: &str, is_wrong: impl Fn(char) -> bool) -> Result<(), Reason> {
    let mut wrong: Vec<char> = text.chars().filter(|&c| is_wrong(c)).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.sort_unstable();
    wrong.dedup();
    let shown: Vec<String> = wrong.into_iter().map(code_point::show).collect();
    Err(format!("{message}: {}.", shown.join(", ")).into())
}
