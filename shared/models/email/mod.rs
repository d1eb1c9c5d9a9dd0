//! E-mail addresses of a body.
//!
//! An address is a dot-atom, an @-sign and a domain name (RFC 5321, and RFC 6531 for international ones);
//! what RFC 5322 allows beside it (quotes, comments, bracketed IP addresses, display names) is refused.
//! Where several things are wrong, the one that the Python package email-validator names is told.

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

/// The longest input that is looked at, in characters.
const MAX_INPUT: usize = 2048;

/// The longest address, in bytes (RFC 5321 section 4.5.3.1.3, less the path's angle brackets).
const MAX_LENGTH: usize = 254;

/// Why something is no e-mail address, as the client is told.
type Reason = Cow<'static, str>;

/// An address in its one normal form: lower-case, in Unicode's form NFC, its domain in Unicode rather than
/// Punycode, without blanks around it. The normal form of a normal form is itself.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(
    inline,
    description = "An address, also an international one; upper and lower case are the same.",
    extend("format" = "email", "maxLength" = MAX_LENGTH)
)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address in its normal form, at most 254 bytes.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the @-sign. It may hold other than ASCII characters.
    pub fn local_part(&self) -> &str {
        self.parts().0
    }

    /// The domain name in ASCII (Punycode), as every mail server takes it.
    pub fn ascii_domain(&self) -> String {
        domain::to_ascii(self.parts().1).expect("a normal form has a domain name")
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').expect("an address has an @-sign")
    }
}

/// Reads an address. The error says what is wrong with it.
impl FromStr for EmailAddress {
    type Err = Reason;

    fn from_str(text: &str) -> Result<Self, Reason> {
        read(text).map(Self)
    }
}

/// Shows that there is an address, not which: it is personal data.
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

/// The normal form of the address `text`.
fn read(text: &str) -> Result<String, Reason> {
    if text.chars().nth(MAX_INPUT).is_some() {
        return Err(format!("The email address is too long (over {MAX_INPUT} characters).").into());
    }
    let text = text.trim_matches(is_blank);
    let (before, after) = split(text, &['@', '<'])?;
    if !after.starts_with('<') {
        return normalise(before, &after[1..]);
    }
    // What is wrong with the address itself is told first.
    if let Some(address) = after[1..].trim_end_matches(' ').strip_suffix('>') {
        let (local_part, domain) = split(address, &['@'])?;
        normalise(local_part, &domain[1..])?;
    }
    Err("A display name and angle brackets around the email address are not permitted here.".into())
}

/// Divides `text` before the first of `marks` that is not inside quotes.
fn split<'a>(text: &'a str, marks: &[char]) -> Result<(&'a str, &'a str), Reason> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            // A "<" that the characters after it turn into "≮" opens no address.
            _ if !quoted && marks.contains(&c) && text[at..].nfc().next() == Some(c) => {
                return Ok(text.split_at(at));
            }
            _ => {}
        }
    }
    Err("An email address must have an @-sign.".into())
}

/// The normal form of the address `local_part`@`domain`.
fn normalise(local_part: &str, domain: &str) -> Result<String, Reason> {
    local_part::check(local_part)?;
    let normal_local_part = lower_case(local_part);
    local_part::check(&normal_local_part)?;
    let names = domain::read(domain)?;
    let normal = format!("{normal_local_part}@{}", lower_case(&names.unicode));
    // Whichever form a mail server is given must fit.
    let as_sent = local_part.len() + 1 + domain.len();
    let in_ascii = normal_local_part.len() + 1 + names.ascii.len();
    let length = as_sent.max(in_ascii).max(normal.len());
    if length > MAX_LENGTH {
        return Err(format!("The email address is too long ({length} bytes, at most {MAX_LENGTH}).").into());
    }
    Ok(normal)
}

/// `text` in lower case and form NFC, in this order: "J̌" is two characters, "ǰ" is one.
fn lower_case(text: &str) -> String {
    text.to_lowercase().nfc().collect()
}

/// A list of the characters in `text` that `is_wrong` picks, after `message`; none are no fault.
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
