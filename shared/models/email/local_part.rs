//! The part of an address before the @-sign.

use super::code_point::reject_hidden;
use super::{Reason, reject};

/// The longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
const MAX_LENGTH: usize = 64;

/// Fails unless `text` is a dot-atom (RFC 5322 section 3.2.3) of ASCII and visible Unicode characters.
pub(super) fn check(text: &str) -> Result<(), Reason> {
    if matches!(text, "" | "\"\"") {
        return Err("There must be something before the @-sign.".into());
    }
    if text.starts_with('"') {
        return Err("Quoting the part before the @-sign is not allowed here.".into());
    }
    if text.len() > MAX_LENGTH {
        let length = text.len();
        return Err(format!(
            "The email address is too long before the @-sign ({length} bytes, at most {MAX_LENGTH})."
        )
        .into());
    }
    let invalid = "The email address contains invalid characters before the @-sign";
    reject(invalid, text, |c| c.is_ascii() && !is_atom_text(c) && c != '.')?;
    if text.ends_with('.') {
        return Err("An email address cannot have a period immediately before the @-sign.".into());
    }
    if text.starts_with('.') {
        return Err("An email address cannot start with a period.".into());
    }
    if text.contains("..") {
        return Err("An email address cannot have two periods in a row.".into());
    }
    reject_hidden(invalid, text)
}

fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
}
