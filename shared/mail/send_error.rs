//! Why sending a mail failed, without personal data.

use std::fmt::{self, Display, Formatter};

use secrecy::ExposeSecret;

use super::Mail;

/// The cause of a failure, which decides whether this mail and others are tried again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// The recipient. No attempt can succeed.
    Recipient,
    /// This attempt. A later one may succeed, and other mails can be sent meanwhile.
    Transient,
    /// The server, the network or our account there. No mail can be sent now.
    Server,
}

/// Why sending a mail failed. The text is one line without addresses and without the mail's token, because
/// servers often repeat both.
#[derive(Debug)]
pub struct SendError {
    cause: Cause,
    text: String,
}

impl SendError {
    /// Returns the error of `mail` with its cause. Removes addresses and the token from `text`.
    pub fn new(mail: &Mail, cause: Cause, text: impl Display) -> Self {
        let token = mail.token.as_ref().map(|token| token.expose_secret());
        let is_private = |word: &str| word.contains('@') || token.is_some_and(|token| word.contains(token));
        let text = text.to_string();
        let words = text.split_whitespace().map(|word| if is_private(word) { "…" } else { word });
        Self { cause, text: words.collect::<Vec<_>>().join(" ") }
    }

    /// Returns the cause.
    pub fn cause(&self) -> Cause {
        self.cause
    }
}

impl Display for SendError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
