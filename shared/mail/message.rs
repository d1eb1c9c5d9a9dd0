//! Builds the email message of a rendered mail.

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Body, Mailbox, MultiPart,
        header::{ContentTransferEncoding, HeaderName, HeaderValue},
    },
};

use super::{Cause, Mail, RenderedMail, SendError};
use crate::{config::ConfigError, models::EmailAddress};

/// Parses the sender in `MAIL_FROM`. Fails unless every server accepts its address: ASCII, with a domain that
/// may be in Unicode.
pub(super) fn sender(text: &str) -> Result<Mailbox, ConfigError> {
    let bad = |problem: &dyn std::fmt::Display| ConfigError::new("MAIL_FROM", problem);
    let Mailbox { name, email } = text
        .parse()
        .map_err(|error| bad(&format_args!("is not a sender such as Name <user@host>: {error}")))?;
    if !email.user().is_ascii() {
        return Err(bad(&"must be ASCII before the @-sign, because not every server accepts more"));
    }
    let domain = idna::domain_to_ascii(email.domain()).map_err(|_| bad(&"has no valid domain"))?;
    Ok(Mailbox::new(name, Address::new_dangerous(email.user(), domain)))
}

/// Builds the message with `rendered` from `from` to the address of `mail`.
///
/// Validates the address like the API, so that every address that can register can be mailed. Writes it to
/// header and envelope as UTF-8 before the @-sign ([RFC 6532](https://www.rfc-editor.org/rfc/rfc6532)) and as
/// Punycode after it. Fails with [`Cause::Recipient`] if the API would reject the address.
pub(super) fn compose(from: &Mailbox, mail: &Mail, rendered: RenderedMail) -> Result<Message, SendError> {
    let to: EmailAddress =
        mail.email.parse().map_err(|reason| SendError::new(mail, Cause::Recipient, reason))?;
    // lettre's parser rejects some addresses that RFC 6531 allows.
    let to = Address::new_dangerous(to.local_part(), to.ascii_domain());
    // A mail that is sent again after a crash has the same id, so that mailboxes can drop the duplicate.
    let created = mail.created_at.timestamp_micros();
    let id = format!("<{}.{created}@{}>", mail.id, from.email.domain());
    let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
    let failure = |error: lettre::error::Error| SendError::new(mail, Cause::Transient, error);
    Message::builder()
        .envelope(Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(failure)?)
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(rendered.subject)
        .message_id(Some(id))
        .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
        .multipart(MultiPart::alternative_plain_html(body(rendered.text), body(rendered.html)))
        .map_err(failure)
}

/// Returns whether `message` requires SMTPUTF8 ([RFC 6531](https://www.rfc-editor.org/rfc/rfc6531)).
pub(super) fn needs_utf8(message: &Message) -> bool {
    message.envelope().to().iter().any(|address| !address.user().is_ascii())
}

/// Returns a body that is not encoded if its lines allow that
/// ([RFC 5322, section 2.1.1](https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1)), so that links can be
/// copied from mail files. lettre would encode lines longer than 76 characters.
fn body(text: String) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= 998) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}
