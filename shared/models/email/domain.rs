//! The domain of an address: a name by IDNA 2008 (RFC 5891), mapped by UTS #46.

use idna::AsciiDenyList;
use idna::uts46::{DnsLength, Hyphens, Uts46};
use unicode_normalization::char::decompose_compatible;

use super::code_point::{is_in_context, is_protocol_valid, reject_hidden};
use super::{Reason, reject};

/// The longest name, in bytes (RFC 1035 section 2.3.4, without the length byte and the root label).
const MAX_LENGTH: usize = 253;

/// The longest label, in bytes (RFC 1035 section 2.3.1).
const MAX_LABEL_LENGTH: usize = 63;

/// Top-level domains that no public mail server can have (IANA's special-use domain names).
const SPECIAL_USE: [&str; 6] = ["arpa", "invalid", "local", "localhost", "onion", "test"];

/// A domain name in both forms.
pub(super) struct DomainName {
    pub(super) ascii: String,
    pub(super) unicode: String,
}

/// Parses a public domain name in Unicode, Punycode or a mix of both. Fails with the sentence for the client.
pub(super) fn read(text: &str) -> Result<DomainName, Reason> {
    if text.is_empty() {
        return Err("There must be something after the @-sign.".into());
    }
    if text.starts_with('[') && text.ends_with(']') {
        return Err("A bracketed IP address after the @-sign is not allowed here.".into());
    }
    check_length(text.chars().count())?;
    let invalid = "The part after the @-sign contains invalid characters";
    reject(invalid, text, |c| c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.'))?;
    reject_hidden(invalid, text)?;
    reject(invalid, text, holds_period)?;

    let (unicode, outcome) = Uts46::new().to_unicode(text.as_bytes(), AsciiDenyList::STD3, Hyphens::Check);
    if unicode.ends_with('.') || unicode.starts_with('.') {
        return Err(
            "An email address cannot have a period at either end of the part after the @-sign.".into()
        );
    }
    if unicode.contains("..") {
        return Err("An email address cannot have two periods in a row.".into());
    }
    // The contract reports a missing public top-level domain before invalid Punycode.
    if text.is_ascii() {
        check_public(&text.to_ascii_lowercase())?;
    }
    let malformed = "The part after the @-sign is not a valid international domain name.";
    outcome.map_err(|_| malformed)?;
    // The crate implements UTS #46, which allows more than IDNA 2008.
    reject(invalid, &unicode, |c| !c.is_ascii() && !is_protocol_valid(c))?;
    if !unicode.split('.').all(is_in_context) {
        return Err(malformed.into());
    }
    let ascii = to_ascii(&unicode).ok_or(malformed)?;
    check_public(&ascii)?;
    Ok(DomainName { ascii, unicode: unicode.into() })
}

/// Returns the name in Punycode, or `None` if it is not a valid domain name.
pub(super) fn to_ascii(unicode: &str) -> Option<String> {
    let outcome =
        Uts46::new().to_ascii(unicode.as_bytes(), AsciiDenyList::STD3, Hyphens::Check, DnsLength::Ignore);
    outcome.ok().map(Into::into)
}

/// Returns whether `c` is a symbol that contains a period ("⒈"), which does not separate labels.
fn holds_period(c: char) -> bool {
    let mut found = false;
    decompose_compatible(c, |part| found |= part == '.');
    found && !matches!(c, '.' | '．')
}

fn check_length(length: usize) -> Result<(), Reason> {
    if length > MAX_LENGTH {
        return Err(format!(
            "The email address is too long after the @-sign ({length} characters, at most {MAX_LENGTH})."
        )
        .into());
    }
    Ok(())
}

/// Fails unless the name of the domain `ascii` can belong to a public mail server.
fn check_public(ascii: &str) -> Result<(), Reason> {
    check_length(ascii.len())?;
    if ascii.split('.').any(|label| label.len() > MAX_LABEL_LENGTH) {
        return Err(format!(
            "After the @-sign, periods cannot be separated by more than {MAX_LABEL_LENGTH} characters."
        )
        .into());
    }
    let Some((_, top_level)) = ascii.rsplit_once('.') else {
        return Err("The part after the @-sign is not valid. It should have a period.".into());
    };
    if !top_level.ends_with(|c: char| c.is_ascii_alphabetic()) {
        return Err(
            "The part after the @-sign is not valid. It is not within a valid top-level domain.".into()
        );
    }
    if SPECIAL_USE.contains(&top_level) {
        return Err(
            "The part after the @-sign is a special-use or reserved name that cannot be used with email."
                .into(),
        );
    }
    Ok(())
}
