//! Passwords: the rules for new ones, and how they are kept.

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::{Error as HashError, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::task::spawn_blocking;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::Secret;
use crate::{
    http::Error,
    input::{Fault, Field},
    openapi::{RefOr, Schema, schema::formatted},
};

// Argon2id with the least memory that OWASP's Password Storage Cheat Sheet names first:
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const MEMORY_KIB: u32 = 19456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most memory that a stored hash may ask for, in KiB. More would end the function, not the request.
const MAX_MEMORY_KIB: u32 = 128 * 1024;

const MIN_LENGTH: usize = 8;
const MAX_LENGTH: usize = 4096;
const SPECIAL: &str = "@$!%*?#&";

/// A password that somebody wants to have from now on: it follows the rules.
pub struct NewPassword(SecretString);

impl Field for NewPassword {
    fn parse(value: &Value) -> Result<Self, Vec<Fault>> {
        let password = Secret::parse(value)?.wrapped();
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

impl NewPassword {
    /// The hash to store, a PHC string. Takes some 20 ms of one core and 19 MiB, off the async threads.
    pub async fn hash(&self) -> Result<String, Error> {
        let password = self.0.clone();
        spawn_blocking(move || hash(password.expose_secret())).await.map_err(Error::internal)?
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

/// Judges `password` by the stored hash: an Argon2 PHC string, or bcrypt's `$2b$` from the original service.
///
/// Without a hash (nobody has this address) it does the work of a wrong password. A hash that cannot be read
/// matches nothing and is logged.
pub async fn verify(password: &Secret, stored: Option<String>) -> Result<Verdict, Error> {
    let password = password.wrapped();
    spawn_blocking(move || {
        let stored = stored.unwrap_or_else(nobodys_hash);
        judge(password.expose_secret(), &stored)
    })
    .await
    .map_err(Error::internal)?
}

fn judge(password: &str, stored: &str) -> Result<Verdict, Error> {
    let (right, current) = if stored.starts_with("$2") {
        // The original cut passwords at 72 bytes, and so does this.
        (bcrypt::verify(password, stored).map_err(|error| error.to_string()), false)
    } else {
        match PasswordHash::new(stored) {
            Ok(hash) => (verify_argon2(password, &hash), is_current(&hash)),
            Err(error) => (Err(error.to_string()), false),
        }
    };
    match right {
        // bcrypt ends a password at NUL and repeats it, so one with NUL could pass for another.
        Ok(true) if password.contains('\0') => Ok(Verdict::Wrong),
        Ok(true) if current => Ok(Verdict::Right),
        Ok(true) => Ok(Verdict::Outdated(hash(password)?)),
        Ok(false) => Ok(Verdict::Wrong),
        Err(error) => {
            tracing::error!(error, "a stored password hash cannot be read");
            Ok(Verdict::Wrong)
        }
    }
}

fn verify_argon2(password: &str, hash: &PasswordHash) -> Result<bool, String> {
    if hash.params.get_decimal("m").is_some_and(|memory| memory > MAX_MEMORY_KIB) {
        return Err("it asks for too much memory".into());
    }
    match argon2()?.verify_password(password.as_bytes(), hash) {
        Ok(()) => Ok(true),
        Err(HashError::PasswordInvalid) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

fn is_current(hash: &PasswordHash) -> bool {
    let at_least = |name: &str, least| hash.params.get_decimal(name).is_some_and(|value| value >= least);
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && at_least("m", MEMORY_KIB)
        && at_least("t", PASSES)
        && at_least("p", LANES)
}

fn hash(password: &str) -> Result<String, Error> {
    let hash: PasswordHash =
        argon2().map_err(Error::internal)?.hash_password(password.as_bytes()).map_err(Error::internal)?;
    Ok(hash.to_string())
}

fn argon2() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A hash with today's parameters that no password has.
fn nobodys_hash() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
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
