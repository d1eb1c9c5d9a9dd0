//! Password hashing and verification.

mod argon2id;

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2id::{Argon2id, decoy_hash, is_current};
use secrecy::ExposeSecret;
use tokio::task::spawn_blocking;

use crate::{
    http::Error,
    models::{Password, Secret, password::normalized},
};

/// The result of verifying a password.
#[derive(Debug, PartialEq)]
pub enum Verification {
    /// The password is wrong.
    Wrong,
    /// The password is correct.
    Correct,
    /// The password is correct, and its stored hash is weaker than a new one: contains the new hash.
    Rehashed(String),
}

/// Hashes and verifies passwords, one at a time and off the async threads: each takes some 20 ms of one core.
/// Keeps the 19 MiB of the first hash for the next.
#[derive(Clone, Default)]
pub struct Hasher(Arc<Argon2id>);

impl Hasher {
    /// Returns the hash to store for `password`, a PHC string.
    pub async fn hash(&self, password: &Password) -> Result<String, Error> {
        let (argon2id, password) = (Arc::clone(&self.0), password.to_secret_string());
        let hash = spawn_blocking(move || argon2id.hash(password.expose_secret())).await;
        hash.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Verifies `password` against the stored hash: an Argon2 PHC string, or bcrypt's `$2b$` from the
    /// original service.
    ///
    /// Without a hash, because no user has the address, does the work of a wrong password. An unreadable hash
    /// is logged and matches nothing.
    pub async fn verify(&self, password: &Secret, stored: Option<String>) -> Result<Verification, Error> {
        let (argon2id, password) = (Arc::clone(&self.0), password.to_secret_string());
        spawn_blocking(move || {
            let stored = stored.unwrap_or_else(decoy_hash);
            let normal = normalized(password.expose_secret());
            let verification = compare(&argon2id, normal.expose_secret(), &stored)?;
            if verification != Verification::Wrong || normal.expose_secret() == password.expose_secret() {
                return Ok(verification);
            }
            // The hash may be older than the normalization of passwords, or from the original service.
            Ok(match compare(&argon2id, password.expose_secret(), &stored)? {
                Verification::Wrong => Verification::Wrong,
                _ => Verification::Rehashed(argon2id.hash(normal.expose_secret()).map_err(Error::internal)?),
            })
        })
        .await
        .map_err(Error::internal)?
    }
}

fn compare(argon2id: &Argon2id, password: &str, stored: &str) -> Result<Verification, Error> {
    let (right, current) = if stored.starts_with("$2") {
        // The original service truncated passwords at 72 bytes, and so does this crate.
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
        // bcrypt stops at NUL and repeats the password, so a different password with NUL could match.
        Ok(true) if password.contains('\0') => Ok(Verification::Wrong),
        Ok(true) if current => Ok(Verification::Correct),
        Ok(true) => Ok(Verification::Rehashed(argon2id.hash(password).map_err(Error::internal)?)),
        Ok(false) => Ok(Verification::Wrong),
        Err(error) => {
            tracing::error!(error, "a stored password hash cannot be read");
            Ok(Verification::Wrong)
        }
    }
}
