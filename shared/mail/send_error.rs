//! Why a mail did not leave, in words that are fit for the log.

use std::fmt::{self, Display, Formatter};

use secrecy::ExposeSecret;

use super::Mail;

/// What a failure is about, which decides what becomes of the mail and of the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The recipient: no attempt can succeed.
    Recipient,
    /// This attempt: a later one may succeed, and other mail may leave meanwhile.
    Transient,
    /// The server, the way to it or our account there: no mail can leave now.
    Server,
}

/// Why a mail did not leave. Its text is one line without addresses and without the mail's token, for servers
/// like to repeat both.
#[derive(Debug)]
pub struct SendError {
    cause: Cause,
    text: String,
}

impl SendError {
    /// Takes the cause and what was said about it, which is about `mail`.
    pub fn new(mail: &Mail, cause: Cause, text: impl Display) -> Self {
        let token = mail.token.as_ref().map(|token| token.expose_secret());
        let is_private = |word: &str| word.contains('@') || token.is_some_and(|token| word.contains(token));
        let text = text.to_string();
        let words = text.split_whitespace().map(|word| if is_private(word) { "…" } else { word });
        Self { cause, text: words.collect::<Vec<_>>().join(" ") }
    }

    /// What it is about.
    pub fn cause(&self) -> Cause {
        self.cause
    }
}

impl Display for SendError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
