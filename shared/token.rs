//! One-time tokens for mails, and the hashes that are stored instead of tokens.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest as ring_digest},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

/// The system's random number generator failed.
#[derive(Debug, thiserror::Error)]
#[error("the system has no randomness")]
pub struct RandomnessError;

/// A one-time token: 256 random bits, as 43 characters that are safe in a URL.
pub struct Token(SecretString);

impl Token {
    /// Generates a token. Fails if the system's random number generator fails.
    pub fn generate() -> Result<Self, RandomnessError> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| RandomnessError)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// Returns the text, for the mail.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the hash that is stored instead of the token.
    pub fn digest(&self) -> Vec<u8> {
        digest(self.expose())
    }
}

/// Returns the SHA-256 of a token. It needs no salt and no work factor, because 256 random bits cannot be
/// guessed.
pub fn digest(token: &str) -> Vec<u8> {
    ring_digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
