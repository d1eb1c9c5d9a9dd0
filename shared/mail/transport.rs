//! The ways on which mail leaves, chosen by a URL.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use lettre::{FileTransport, Message, Transport as _, message::Mailbox};

use super::{Cause, Mail, RenderedMail, SendError, message, ses::Ses, smtp::Smtp, smtp_login::SecretLogin};
use crate::{
    config::{self, ConfigError},
    secrets::Secrets,
};

/// How long sending one mail may take. Well under the shortest lease of a claimed mail.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(10);

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
    /// - `smtps://host:port`, or `smtp://host:port?tls=required` where the server offers STARTTLS. A path is the
    ///   name to say hello with. User name and password come from the secret `SMTP_SECRET_ARN`. Only where
    ///   `SMTP_TLS` is `optional` may they stand in the URL, and TLS be left out: letters carry tokens.
    /// - `file:<folder>`, a file for each mail; the folder is made if it is missing.
    ///
    /// Fails when one is missing or cannot be used.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let from = message::sender(&config::required("MAIL_FROM")?)?;
        let transport = match Transport::parse(&config::required("MAIL_URL")?)? {
            Transport::Smtp(smtp) => Transport::Smtp(match SecretLogin::start(secrets).await? {
                Some(login) => smtp.with_login(login),
                None => smtp,
            }),
            transport => transport,
        };
        Ok(Self { from, transport })
    }

    /// Sends `letter` to the address of `mail`, within 10 seconds. The failure says what it is about.
    pub async fn send(&self, mail: &Mail, letter: RenderedMail) -> Result<(), SendError> {
        let message = message::compose(&self.from, mail, letter)?;
        match &self.transport {
            Transport::Ses(ses) => ses.send(mail, &message).await,
            Transport::Smtp(smtp) => smtp.send(mail, &message).await,
            Transport::Folder { path, transport } => put(path, transport, mail, &message),
        }
    }
}

/// Whether `SMTP_TLS` lets mail leave in clear, and a password stand in `MAIL_URL`.
fn is_relaxed() -> Result<bool, ConfigError> {
    match config::optional("SMTP_TLS").as_deref() {
        None | Some("required") => Ok(false),
        Some("optional") => Ok(true),
        Some(_) => Err(ConfigError::new("SMTP_TLS", "must be required or optional")),
    }
}

/// Whether an SMTP URL insists on TLS.
fn insists_on_tls(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url.starts_with("smtps:") || query.split('&').any(|pair| pair == "tls=required")
}

impl Transport {
    /// Reads a `MAIL_URL`. The error never repeats it, for it may hold a password.
    fn parse(url: &str) -> Result<Self, ConfigError> {
        let bad = |problem| ConfigError::new("MAIL_URL", problem);
        match url.split_once(':') {
            Some(("ses", "")) => Ok(Self::Ses(Ses::start())),
            Some(("smtp" | "smtps", _)) => {
                let is_relaxed = is_relaxed()?;
                if !is_relaxed && !insists_on_tls(url) {
                    return Err(bad("must insist on TLS: smtps://…, or smtp://…?tls=required"));
                }
                let smtp =
                    Smtp::from_url(url).ok_or_else(|| bad("is not a usable SMTP URL (smtps://host:port)"))?;
                match !is_relaxed && smtp.has_password() {
                    true => Err(bad(
                        "must hold no password: it belongs into the secret that SMTP_SECRET_ARN names",
                    )),
                    false => Ok(Self::Smtp(smtp)),
                }
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
fn put(path: &Path, transport: &FileTransport, mail: &Mail, message: &Message) -> Result<(), SendError> {
    let name = transport.send(message).map_err(|error| SendError::new(mail, Cause::Server, error))?;
    let file = path.join(name).with_extension("eml");
    tracing::info!(mail = mail.id, file = %file.display(), "a mail was put into its folder");
    Ok(())
}
