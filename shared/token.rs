//! One-time tokens that go by mail, and what is stored of tokens.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest as ring_digest},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

/// The system has no randomness to give.
#[derive(Debug, thiserror::Error)]
#[error("the system has no randomness")]
pub struct RandomnessError;

/// A one-time token: 256 random bits, as 43 characters that need no escaping in a URL.
pub struct Token(SecretString);

impl Token {
    /// A new one. Fails when the system has no randomness.
    pub fn generate() -> Result<Self, RandomnessError> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| RandomnessError)?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(bytes).into()))
    }

    /// The text, for the mail that carries it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored in place of the token.
    pub fn digest(&self) -> Vec<u8> {
        digest(self.expose())
    }
}

/// The SHA-256 of a token. Enough without salt or work: 256 random bits cannot be guessed.
pub fn digest(token: &str) -> Vec<u8> {
    ring_digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
