//! The ways on which mail leaves, chosen by a URL.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use aws_sdk_sesv2::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
    primitives::Blob,
    types::{Destination, EmailContent, RawMessage},
};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, FileTransport, Message, Tokio1Executor, Transport as _,
    message::{
        Body, Mailbox, MultiPart,
        header::{ContentTransferEncoding, HeaderName, HeaderValue},
    },
};
use tokio::time::timeout;

use super::{Failure, Letter, Mail};
use crate::{
    aws,
    config::{self, ConfigError},
    logging::chain,
};

/// How long sending one mail may take. Well under the shortest lease of a claimed mail.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long an SMTP server may take over one step, so that one that hangs after it has taken a mail does not
/// make it a failure.
const STEP_PATIENCE: Duration = Duration::from_secs(4);

/// Sends letters.
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

enum Transport {
    Ses(Client),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder { path: PathBuf, transport: FileTransport },
}

impl Mailer {
    /// Reads `MAIL_FROM`, the sender (`Movie Theater <no-reply@example.com>`), and `MAIL_URL`, the way:
    ///
    /// - `ses:`, Amazon SES in the function's region.
    /// - `smtps://user:password@host:port`, or `smtp://user:password@host:port?tls=required` where the server
    ///   offers STARTTLS. A path is the name to say hello with. Without TLS only where `SMTP_TLS` is `optional`:
    ///   letters carry tokens.
    /// - `file:<folder>`, a file for each mail; the folder is made if it is missing.
    ///
    /// Fails when one is missing or cannot be used.
    pub fn start() -> Result<Self, ConfigError> {
        let from = config::required("MAIL_FROM")?;
        let from = from.parse().map_err(|error| {
            ConfigError::new("MAIL_FROM", format_args!("is not a sender such as Name <user@host>: {error}"))
        })?;
        Ok(Self { from, transport: Transport::parse(&config::required("MAIL_URL")?)? })
    }

    /// Sends `letter` to the address of `mail`, within 10 seconds. Failure says nothing about another attempt.
    pub async fn send(&self, mail: &Mail, letter: Letter) -> Result<(), Failure> {
        let failure = |cause: &dyn std::fmt::Display| Failure::new(mail, cause);
        let message = self.message(mail, letter).map_err(|error| failure(&error))?;
        match timeout(PATIENCE, self.transport.send(mail, &message)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(failure(&format_args!("no answer within {} seconds", PATIENCE.as_secs()))),
        }
    }

    fn message(&self, mail: &Mail, letter: Letter) -> Result<Message, Box<dyn std::error::Error>> {
        // A mail that is repeated after a crash carries the same id, so that mailboxes can drop it.
        let created = mail.created_at.unix_timestamp_nanos() / 1000;
        let id = format!("<{}.{created}@{}>", mail.id, ascii(&self.from.email)?.domain());
        let automatic = HeaderName::new_from_ascii_str("Auto-Submitted");
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, ascii(&mail.email.parse()?)?))
            .subject(letter.subject)
            .message_id(Some(id))
            .raw_header(HeaderValue::new(automatic, "auto-generated".into()))
            .multipart(MultiPart::alternative_plain_html(body(letter.text), body(letter.html)))?;
        Ok(message)
    }
}

/// A body that stays as it is where mail allows that ([RFC 5322, section 2.1.1](https://www.rfc-editor.org/rfc/rfc5322#section-2.1.1)),
/// so that a link can be copied from the file of a mail. lettre itself encodes lines that are longer than 76.
fn body(text: String) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= 998) {
        let lines = text.replace('\n', "\r\n").into_bytes();
        Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text)
    }
}

/// The address with its domain in ASCII, as the servers of old need it.
fn ascii(address: &Address) -> Result<Address, Box<dyn std::error::Error>> {
    Ok(Address::new(address.user(), idna::domain_to_ascii(address.domain())?)?)
}

/// Fails for an SMTP URL that does not insist on TLS, unless `SMTP_TLS` allows it.
fn require_tls(url: &str) -> Result<(), ConfigError> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let insists = url.starts_with("smtps:") || query.split('&').any(|pair| pair == "tls=required");
    match config::optional("SMTP_TLS").as_deref() {
        None | Some("required") if insists => Ok(()),
        None | Some("required") => {
            Err(ConfigError::new("MAIL_URL", "must insist on TLS: smtps://…, or smtp://…?tls=required"))
        }
        Some("optional") => Ok(()),
        Some(_) => Err(ConfigError::new("SMTP_TLS", "must be required or optional")),
    }
}

impl Transport {
    /// Reads a `MAIL_URL`. The error never repeats it, for it may hold a password.
    fn parse(url: &str) -> Result<Self, ConfigError> {
        let bad = |problem| ConfigError::new("MAIL_URL", problem);
        match url.split_once(':') {
            Some(("ses", "")) => {
                // One attempt takes as long as the mailer waits: giving up early and trying again could send
                // a mail twice.
                let limits = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).build();
                let config = Builder::from(&aws::client_config("SESV2")).timeout_config(limits);
                Ok(Self::Ses(Client::from_conf(config.build())))
            }
            Some(("smtp" | "smtps", _)) => {
                require_tls(url)?;
                let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
                    .map_err(|_| bad("is not a usable SMTP URL (smtps://user:password@host:port)"))?;
                Ok(Self::Smtp(builder.timeout(Some(STEP_PATIENCE)).build()))
            }
            Some(("file", folder)) if !folder.is_empty() => {
                let path = Path::new(folder.strip_prefix("//").unwrap_or(folder));
                fs::create_dir_all(path).map_err(|error| {
                    ConfigError::new("MAIL_URL", format_args!("names a folder that cannot be made: {error}"))
                })?;
                Ok(Self::Folder { path: path.to_owned(), transport: FileTransport::new(path) })
            }
            _ => Err(bad("must be ses:, smtp://…, smtps://… or file:<folder>")),
        }
    }

    async fn send(&self, mail: &Mail, message: &Message) -> Result<(), Failure> {
        match self {
            Self::Ses(client) => {
                let to = message.envelope().to().iter().map(ToString::to_string).collect();
                let raw = RawMessage::builder().data(Blob::new(message.formatted())).build();
                let raw = raw.map_err(|error| Failure::new(mail, error))?;
                let request = client
                    .send_email()
                    .destination(Destination::builder().set_to_addresses(Some(to)).build())
                    .content(EmailContent::builder().raw(raw).build());
                let outcome = request.send().await;
                outcome.map_err(|error| Failure::new(mail, chain(&error)))?;
            }
            Self::Smtp(transport) => {
                let outcome = transport.send_raw(message.envelope(), &message.formatted()).await;
                outcome.map_err(|error| Failure::new(mail, error))?;
            }
            Self::Folder { path, transport } => {
                let name = transport.send(message).map_err(|error| Failure::new(mail, error))?;
                let file = path.join(name).with_extension("eml");
                tracing::info!(mail = mail.id, file = %file.display(), "a mail was put into its folder");
            }
        }
        Ok(())
    }
}
