//! Secret texts: those that clients send, and the one-time tokens that we make.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest as ring_digest},
    rand::{SecureRandom, SystemRandom},
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    http::Error,
    input::{
        Fault, Field,
        text::{is_blank, string},
    },
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

/// A one-time token that came by mail and is sent back: any text, without the blanks and line breaks that copying
/// adds around it.
pub struct MailedToken(Secret);

impl MailedToken {
    /// What is stored in place of the token.
    pub fn digest(&self) -> Vec<u8> {
        self.0.digest()
    }
}

impl Field for MailedToken {
    fn parse(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(Secret(text.trim_matches(is_blank).into())))
    }

    fn schema() -> RefOr<Schema> {
        formatted("password", "A mailed token; blanks around it do not count, and no answer repeats it.")
            .into()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn mailed_token_ignores_blanks_around_it(
            before in "[ \t\r\n\u{a0}\u{2028}]*", after in "[ \t\r\n\u{3000}]*",
        ) {
            let token = Token::generate().unwrap();
            let sent = Json::from(format!("{before}{}{after}", token.expose()));
            prop_assert_eq!(MailedToken::parse(&sent).ok().unwrap().digest(), token.digest());
        }
    }

    #[test]
    fn mailed_token_keeps_blanks_inside_it() {
        let sent = MailedToken::parse(&"a b".into()).ok().unwrap();
        assert_eq!(sent.digest(), digest("a b"));
    }

    #[test]
    fn secret_is_not_trimmed() {
        assert_eq!(Secret::parse(&" a\n".into()).ok().unwrap().digest(), digest(" a\n"));
    }
}
