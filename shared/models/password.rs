//! New passwords and their rules.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use validator::ValidationError;

use super::Secret;
use crate::{
    json::Json,
    validation::{Fault, Field, violated},
};

/// The least number of characters.
pub const MIN_LENGTH: usize = 8;

/// The greatest number of characters.
pub const MAX_LENGTH: usize = 4096;

const SPECIAL: &str = "@$!%*?#&";

/// A new password in Unicode's form NFC: the same characters are the same password on every keyboard
/// ([RFC 8265, section 4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2)).
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Password(Secret);

impl Password {
    /// Returns the text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns a copy that wipes itself.
    pub fn wrapped(&self) -> SecretString {
        self.0.wrapped()
    }
}

impl Field for Password {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        Ok(Self(normalized(Secret::read(value)?.expose()).into()))
    }
}

/// Returns `password` in Unicode's form NFC.
pub fn normalized(password: &str) -> SecretString {
    match is_nfc_quick(password.chars()) {
        IsNormalized::Yes => password.into(),
        _ => password.nfc().collect::<String>().into(),
    }
}

/// Validates a new password. Fails with the first rule that it breaks. Length counts code points.
pub fn follows_rules(password: &Password) -> Result<(), ValidationError> {
    let password = password.0.wrapped();
    let password = password.expose_secret();
    let has = |wanted: fn(char) -> bool| password.chars().any(wanted);
    let length = password.chars().count();
    let rules = [
        (length >= MIN_LENGTH, "Password must contain at least 8 characters."),
        (has(|c| c.is_ascii_uppercase()), "Password must contain at least one uppercase letter."),
        (has(|c| c.is_ascii_lowercase()), "Password must contain at least one lower letter."),
        (
            has(|c| c.general_category() == GeneralCategory::DecimalNumber),
            "Password must contain at least one digit.",
        ),
        (
            has(|c| SPECIAL.contains(c)),
            "Password must contain at least one special character: @, $, !, %, *, ?, #, &.",
        ),
        (length <= MAX_LENGTH, "Password must contain at most 4096 characters."),
        (!password.contains('\0'), "NUL characters are not allowed."),
    ];
    match rules.into_iter().find(|(is_kept, _)| !is_kept) {
        None => Ok(()),
        Some((_, rule)) => Err(violated(rule)),
    }
}
