//! Why a mail did not leave, in words that are fit for the log.

use std::fmt::{self, Display, Formatter};

use secrecy::ExposeSecret;

use super::Mail;

/// Why a mail did not leave. Its text is one line without addresses and without the mail's token, for servers
/// like to repeat both.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// Takes the text of `cause`, which is about `mail`.
    pub fn new(mail: &Mail, cause: impl Display) -> Self {
        let token = mail.token.as_ref().map(|token| token.expose_secret());
        let is_private = |word: &str| word.contains('@') || token.is_some_and(|token| word.contains(token));
        let text = cause.to_string();
        let words = text.split_whitespace().map(|word| if is_private(word) { "…" } else { word });
        Self(words.collect::<Vec<_>>().join(" "))
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
