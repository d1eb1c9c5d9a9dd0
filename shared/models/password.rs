//! New passwords and their rules.

mod common;

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};
use validator::ValidationError;

use super::{EmailAddress, Secret};
use crate::{
    config::{self, ConfigError},
    json::Json,
    validation::{Fault, Field, violated},
};

/// The minimum number of characters.
pub const MIN_LENGTH: usize = 8;

/// The maximum number of characters.
pub const MAX_LENGTH: usize = 4096;

const SPECIAL: &str = "@$!%*?#&";

const TOO_COMMON: &str = "Password is too common.";

const IS_ADDRESS: &str = "Password must not be your email address.";

/// How many characters after the local part of an address make no other password of it.
const MAX_ENDING: usize = 4;

/// The setting that allows common passwords.
const BLOCKLIST: &str = "PASSWORD_BLOCKLIST";

/// A new password in Unicode NFC, so that the same characters are the same password on every keyboard
/// ([RFC 8265, section 4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2)).
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Password(Secret);

impl Password {
    /// Returns the text, for hashing it.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns a copy that is wiped from memory when dropped.
    pub fn to_secret_string(&self) -> SecretString {
        self.0.to_secret_string()
    }
}

impl Field for Password {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        Ok(Self(normalized(Secret::read(value)?.expose()).into()))
    }
}

/// Returns `password` in Unicode NFC.
pub fn normalized(password: &str) -> SecretString {
    match is_nfc_quick(password.chars()) {
        IsNormalized::Yes => password.into(),
        _ => password.nfc().collect::<String>().into(),
    }
}

/// Validates a new password. Fails with the first rule that it violates. The length counts code points.
pub fn follows_rules(password: &Password) -> Result<(), ValidationError> {
    let password = password.0.to_secret_string();
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
        (!is_blocklist_on() || !common::is_common(password), TOO_COMMON),
    ];
    match rules.into_iter().find(|(is_kept, _)| !is_kept) {
        None => Ok(()),
        Some((_, rule)) => Err(violated(rule)),
    }
}

/// Validates a new password of an account with this address. Fails if it is easy to guess from the address.
pub fn is_not_address(password: &Password, address: &str) -> Result<(), ValidationError> {
    let password = SecretString::from(password.expose().to_lowercase());
    let password = password.expose_secret();
    let is_ending =
        |ending: &str| ending.chars().count() <= MAX_ENDING && !ending.chars().any(char::is_alphabetic);
    let is_guessed = password == address || password.strip_prefix(local_part(address)).is_some_and(is_ending);
    if is_guessed && is_blocklist_on() { Err(violated(IS_ADDRESS)) } else { Ok(()) }
}

/// Returns what stands before the @-sign.
fn local_part(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(local_part, _)| local_part)
}

/// Applies [`is_not_address`] to the fields `password` and `email` of a model.
pub fn password_is_not_email(
    password: &Option<Password>,
    email: &Option<EmailAddress>,
) -> Option<(&'static str, ValidationError)> {
    let broken = is_not_address(password.as_ref()?, email.as_ref()?.as_str()).err()?;
    Some(("password", broken))
}

/// Reads `PASSWORD_BLOCKLIST` (`on`, the default, or `off`), so that a function fails at its start where it is
/// something else.
pub fn check_settings() -> Result<(), ConfigError> {
    config::switch(BLOCKLIST, true).map(|_| ())
}

/// Reads the setting at every password, since models have no start at which to read it.
fn is_blocklist_on() -> bool {
    config::switch(BLOCKLIST, true).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Password {
        Password::read(&text.into()).expect("any text is read")
    }

    /// Returns the first rule that `text` violates.
    fn broken_rule(text: &str) -> Option<String> {
        follows_rules(&read(text)).err()?.message.map(Into::into)
    }

    #[test]
    fn password_reports_first_broken_rule() {
        let too_long = format!("Aa1@{}", "x".repeat(4093));
        for (password, rule) in [
            ("", "Password must contain at least 8 characters."),
            ("Aa1@", "Password must contain at least 8 characters."),
            ("Aa1@ñññ", "Password must contain at least 8 characters."),
            ("aaaaaaaa", "Password must contain at least one uppercase letter."),
            ("ÄÖÜaaaa1@", "Password must contain at least one uppercase letter."),
            ("AAAAAAAA", "Password must contain at least one lower letter."),
            ("ABCñáé123!", "Password must contain at least one lower letter."),
            ("AAAAaaaa", "Password must contain at least one digit."),
            ("AAAAaaaa½²", "Password must contain at least one digit."),
            ("AAAAaaaaⅣ@", "Password must contain at least one digit."),
            ("AAAAaaaa1", "Password must contain at least one special character: @, $, !, %, *, ?, #, &."),
            (
                "AAAAaaaa1^+-＠",
                "Password must contain at least one special character: @, $, !, %, *, ?, #, &.",
            ),
            (&too_long, "Password must contain at most 4096 characters."),
            (&"x".repeat(5000), "Password must contain at least one uppercase letter."),
            (&format!("\0{too_long}"), "Password must contain at most 4096 characters."),
            ("AAAAaaaa1@\0", "NUL characters are not allowed."),
        ] {
            assert_eq!(broken_rule(password).as_deref(), Some(rule), "{password:.40}");
        }
    }

    #[test]
    fn common_password_breaks_the_last_rule() {
        for password in ["Password1!", "P@ssw0rd", "wELCOME1!", "Qwerty123!"] {
            assert_eq!(broken_rule(password).as_deref(), Some("Password is too common."), "{password}");
        }
        let missing = broken_rule("password1!");
        assert_eq!(missing.as_deref(), Some("Password must contain at least one uppercase letter."));
    }

    #[test]
    fn address_and_local_part_with_short_ending_are_refused() {
        let is_refused = |password: &str, address: &str| is_not_address(&read(password), address).is_err();
        for (password, address) in [
            ("Reader1@Example.com", "reader1@example.com"),
            ("Reader-Anne1!", "reader-anne@example.com"),
            ("READER-anne123!", "reader-anne@example.com"),
            ("Reader-anne#1!?", "reader-anne@example.com"),
            ("Ab1!cdef", "ab1!cdef@example.com"),
            ("Jürgen.Groß1!", "jürgen.groß@example.com"),
        ] {
            assert!(is_refused(password, address), "{password} {address}");
        }
        for (password, address) in [
            ("Reader-anne1234!", "reader-anne@example.com"),
            ("Reader-annex1!", "reader-anne@example.com"),
            ("1!Reader-anne", "reader-anne@example.com"),
            ("Reader1@Example.com!", "reader1@example.com"),
        ] {
            assert!(!is_refused(password, address), "{password} {address}");
        }
    }

    #[test]
    fn password_digits_are_unicode_and_length_is_in_characters() {
        let longest = format!("Aa1@{}", "é".repeat(4092));
        for password in ["Aaaaaaaa٣@", "Aaaaaaaa９@", "Aa1@ññññ", "Aa1@    ", &longest] {
            assert_eq!(broken_rule(password), None, "{password:.40}");
        }
    }

    #[test]
    fn password_is_equal_in_every_unicode_normal_form() {
        for text in ["Passw\u{f6}rd1!", "Passwo\u{308}rd1!"] {
            assert_eq!(read(text).expose(), "Passw\u{f6}rd1!");
        }
        // Eight characters as sent, seven in NFC.
        let short = broken_rule("Passo\u{308}1!");
        assert_eq!(short.as_deref(), Some("Password must contain at least 8 characters."));
    }

    proptest! {
        #[test]
        fn password_with_all_required_characters_is_accepted(
            characters in ("[A-Z]{1,4}[a-z]{1,4}[0-9]{1,4}[@$!%*?#&]{1,4}", "[^\\x00]{16,40}")
                .prop_map(|(needed, others)| format!("{needed}{others}").chars().collect::<Vec<_>>())
                .prop_shuffle(),
        ) {
            // A combining mark would change the letter before it.
            let text: String = characters.into_iter().filter(|c| c.to_string().nfc().eq([*c])).collect();
            let is_kept = text.nfc().eq(text.chars());
            prop_assume!(is_kept && text.chars().count() >= MIN_LENGTH);
            prop_assert_eq!(broken_rule(&text), None);
        }

        #[test]
        fn password_rules_apply_to_normal_form(text in "[A-Za-z0-9@!éö\u{300}-\u{308}]{0,12}") {
            let composed: String = text.nfc().collect();
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(broken_rule(&composed), broken_rule(&decomposed));
            prop_assert!(read(&composed).expose() == read(&decomposed).expose());
        }
    }
}
