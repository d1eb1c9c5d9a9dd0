//! The ways on which mail leaves, chosen by a URL.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{FileTransport, Message, Transport as _, message::Mailbox};

use super::{Cause, Failure, Letter, Mail, message, ses::Ses, smtp::Smtp};
use crate::config::{self, ConfigError};

/// How long sending one mail may take. Well under the shortest lease of a claimed mail.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// Sends letters.
pub struct Mailer {
    from: Mailbox,
    transport: Transport,
}

enum Transport {
    Ses(Ses),
    Smtp(Smtp),
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
        let from = message::sender(&config::required("MAIL_FROM")?)?;
        Ok(Self { from, transport: Transport::parse(&config::required("MAIL_URL")?)? })
    }

    /// Sends `letter` to the address of `mail`, within 10 seconds. The failure says what it is about.
    pub async fn send(&self, mail: &Mail, letter: Letter) -> Result<(), Failure> {
        let message = message::compose(&self.from, mail, letter)?;
        match &self.transport {
            Transport::Ses(ses) => ses.send(mail, &message).await,
            Transport::Smtp(smtp) => smtp.send(mail, &message).await,
            Transport::Folder { path, transport } => put(path, transport, mail, &message),
        }
    }
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
            Some(("ses", "")) => Ok(Self::Ses(Ses::start())),
            Some(("smtp" | "smtps", _)) => {
                require_tls(url)?;
                let smtp = Smtp::from_url(url);
                smtp.map(Self::Smtp)
                    .ok_or_else(|| bad("is not a usable SMTP URL (smtps://user:password@host:port)"))
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
}

/// Puts `message` into the folder `path`, and says where in the log.
fn put(path: &Path, transport: &FileTransport, mail: &Mail, message: &Message) -> Result<(), Failure> {
    let name = transport.send(message).map_err(|error| Failure::new(mail, Cause::Route, error))?;
    let file = path.join(name).with_extension("eml");
    tracing::info!(mail = mail.id, file = %file.display(), "a mail was put into its folder");
    Ok(())
}
