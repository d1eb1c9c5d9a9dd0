//! Secret texts that clients send.

use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, Serializer};

use crate::{
    json::Json,
    token::digest,
    validation::{Fault, Field, MASK, is_blank, string},
};

/// A secret text. It serializes as asterisks, so that no error contains it.
#[derive(JsonSchema)]
#[schemars(transparent, inline, extend("format" = "password"))]
pub struct Secret(#[schemars(with = "String")] SecretString);

impl Secret {
    /// Returns a copy that is also wiped from memory when dropped.
    pub fn to_secret_string(&self) -> SecretString {
        self.0.clone()
    }

    /// Returns the text, for the code that compares or stores it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Returns the SHA-256 of the text, which is stored instead of it.
    pub fn digest(&self) -> Vec<u8> {
        digest(self.expose())
    }
}

impl From<SecretString> for Secret {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl Field for Secret {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(text.into()))
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}

/// A one-time token from a mail, without the whitespace that copying adds around it.
#[derive(Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct MailedToken(Secret);

impl MailedToken {
    /// Returns the SHA-256 of the token, which is stored instead of it.
    pub fn digest(&self) -> Vec<u8> {
        self.0.digest()
    }
}

impl Field for MailedToken {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(Secret(text.trim_matches(is_blank).into())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::token::Token;

    proptest! {
        #[test]
        fn mailed_token_ignores_surrounding_whitespace(
            before in "[ \t\r\n\u{a0}\u{2028}]*", after in "[ \t\r\n\u{3000}]*",
        ) {
            let token = Token::generate().unwrap();
            let sent = Json::from(format!("{before}{}{after}", token.expose()));
            prop_assert_eq!(MailedToken::read(&sent).ok().unwrap().digest(), token.digest());
        }
    }

    #[test]
    fn mailed_token_keeps_inner_whitespace() {
        let sent = MailedToken::read(&"a b".into()).ok().unwrap();
        assert_eq!(sent.digest(), digest("a b"));
    }

    #[test]
    fn secret_is_not_trimmed() {
        assert_eq!(Secret::read(&" a\n".into()).ok().unwrap().digest(), digest(" a\n"));
    }
}
