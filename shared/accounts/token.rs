//! Secret texts: those that clients send, and the one-time tokens that we make.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest as ring_digest},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    http::Error,
    input::{Fault, Field, text::string},
    json::Json,
    openapi::{RefOr, Schema, schema::formatted},
};

/// A secret that a client sent: any text.
pub struct Secret(SecretString);

impl Secret {
    /// A copy that wipes itself too.
    pub fn wrapped(&self) -> SecretString {
        self.0.clone()
    }

    /// The text, for the one place that needs it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is stored in place of the text.
    pub fn digest(&self) -> Vec<u8> {
        digest(self.expose())
    }
}

impl Field for Secret {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(text.into()))
    }

    fn schema() -> RefOr<Schema> {
        formatted("password", "A secret; no answer repeats it.").into()
    }
}

/// A one-time token: 256 random bits, as 43 characters that need no escaping in a URL.
pub struct Token(SecretString);

impl Token {
    /// A new one. Fails when the system has no randomness.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        SystemRandom::new().fill(&mut bytes).map_err(|_| Error::internal("no randomness"))?;
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

/// The SHA-256 of a token. Enough without salt or work: nobody guesses 256 random bits.
pub fn digest(token: &str) -> Vec<u8> {
    ring_digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
