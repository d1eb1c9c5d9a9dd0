//! Passwords: the rules for new ones, and how they are kept.

mod argon2id;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2id::{Argon2id, is_current, nobodys_hash};
use secrecy::{ExposeSecret, SecretString};
use tokio::task::spawn_blocking;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::token::Secret;
use crate::{
    http::Error,
    input::{Fault, Field},
    json::Json,
    openapi::{RefOr, Schema, schema::formatted},
};

const MIN_LENGTH: usize = 8;
const MAX_LENGTH: usize = 4096;
const SPECIAL: &str = "@$!%*?#&";

/// A new password that follows the rules, in Unicode's form NFC: the same characters are the same password on every
/// keyboard ([RFC 8265, section 4.2](https://www.rfc-editor.org/rfc/rfc8265#section-4.2)).
pub struct NewPassword(SecretString);

impl Field for NewPassword {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let password = normal(Secret::parse(value)?.expose());
        match broken_rule(password.expose_secret()) {
            None => Ok(Self(password)),
            Some(rule) => Err(vec![Fault::value_error(rule)]),
        }
    }

    fn schema() -> RefOr<Schema> {
        let rules = "At least one upper-case and one lower-case letter from A to Z, a digit, and one of \
                     `@ $ ! % * ? # &`.";
        let text = formatted("new-password", rules).pattern(Some(r"^[^\x00]*$"));
        text.min_length(Some(MIN_LENGTH)).max_length(Some(MAX_LENGTH)).into()
    }
}

/// What a password turned out to be.
#[derive(Debug, PartialEq)]
pub enum Verdict {
    /// Not the one that was hashed.
    Wrong,
    /// The right one.
    Right,
    /// The right one, and its hash is weaker than today's: here is a better one.
    Outdated(String),
}

/// Makes and checks hashes, one at a time and off the async threads: each takes some 20 ms of one core. The
/// 19 MiB that the first one needs are kept for the next.
#[derive(Clone, Default)]
pub struct Hasher(Arc<Argon2id>);

impl Hasher {
    /// The hash to store for `password`, a PHC string.
    pub async fn hash(&self, password: &NewPassword) -> Result<String, Error> {
        let (argon2id, password) = (Arc::clone(&self.0), password.0.clone());
        let hash = spawn_blocking(move || argon2id.hash(password.expose_secret())).await;
        hash.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Judges `password` by the stored hash: an Argon2 PHC string, or bcrypt's `$2b$` from the original service.
    ///
    /// Without a hash (nobody has this address) it does the work of a wrong password. A hash that cannot be
    /// read matches nothing and is logged.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<Verdict, Error> {
        let (argon2id, password) = (Arc::clone(&self.0), password.wrapped());
        spawn_blocking(move || {
            let stored = stored.unwrap_or_else(nobodys_hash);
            let normal = normal(password.expose_secret());
            let verdict = judge(&argon2id, normal.expose_secret(), &stored)?;
            if verdict != Verdict::Wrong || normal.expose_secret() == password.expose_secret() {
                return Ok(verdict);
            }
            // A hash from before passwords were normalized, or of the original service.
            Ok(match judge(&argon2id, password.expose_secret(), &stored)? {
                Verdict::Wrong => Verdict::Wrong,
                _ => Verdict::Outdated(argon2id.hash(normal.expose_secret()).map_err(Error::internal)?),
            })
        })
        .await
        .map_err(Error::internal)?
    }
}

fn judge(argon2id: &Argon2id, password: &str, stored: &str) -> Result<Verdict, Error> {
    let (right, current) = if stored.starts_with("$2") {
        // The original cut passwords at 72 bytes, and so does this.
        (bcrypt::verify(password, stored).map_err(|error| error.to_string()), false)
    } else {
        match PasswordHash::new(stored) {
            Ok(hash) => {
                (argon2id.verify(password, &hash).map_err(|error| error.to_string()), is_current(&hash))
            }
            Err(error) => (Err(error.to_string()), false),
        }
    };
    match right {
        // bcrypt ends a password at NUL and repeats it, so one with NUL could pass for another.
        Ok(true) if password.contains('\0') => Ok(Verdict::Wrong),
        Ok(true) if current => Ok(Verdict::Right),
        Ok(true) => Ok(Verdict::Outdated(argon2id.hash(password).map_err(Error::internal)?)),
        Ok(false) => Ok(Verdict::Wrong),
        Err(error) => {
            tracing::error!(error, "a stored password hash cannot be read");
            Ok(Verdict::Wrong)
        }
    }
}

/// `password` in Unicode's form NFC.
fn normal(password: &str) -> SecretString {
    match is_nfc_quick(password.chars()) {
        IsNormalized::Yes => password.into(),
        _ => password.nfc().collect::<String>().into(),
    }
}

/// The first rule that `password` breaks. Length counts code points.
fn broken_rule(password: &str) -> Option<&'static str> {
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
    rules.into_iter().find_map(|(kept, rule)| (!kept).then_some(rule))
}
