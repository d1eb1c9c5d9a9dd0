//! The mail transports, chosen by a URL.

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

/// The timeout for sending one mail, well below the shortest lease of a claimed mail.
pub(super) const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends rendered mails.
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
    /// Reads the sender `MAIL_FROM` (`Movie Theater <no-reply@example.com>`) and the transport `MAIL_URL`:
    ///
    /// - `ses:` is Amazon SES in the function's region.
    /// - `smtps://host:port`, or `smtp://host:port?tls=required` for a server with STARTTLS. A path sets the
    ///   client's name for EHLO. User name and password come from the secret `SMTP_SECRET_ARN`. Mails contain
    ///   tokens, so a login in the URL or a connection without TLS needs `SMTP_TLS=optional`.
    /// - `file:<folder>` writes a file for each mail, and creates a missing folder.
    ///
    /// Fails if a setting is missing or invalid.
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

    /// Sends `rendered` to the address of `mail` within 10 seconds.
    pub async fn send(&self, mail: &Mail, rendered: RenderedMail) -> Result<(), SendError> {
        let message = message::compose(&self.from, mail, rendered)?;
        match &self.transport {
            Transport::Ses(ses) => ses.send(mail, &message).await,
            Transport::Smtp(smtp) => smtp.send(mail, &message).await,
            Transport::Folder { path, transport } => put(path, transport, mail, &message),
        }
    }
}

/// Returns whether `SMTP_TLS` allows connections without TLS and a password in `MAIL_URL`.
fn is_relaxed() -> Result<bool, ConfigError> {
    match config::optional("SMTP_TLS").as_deref() {
        None | Some("required") => Ok(false),
        Some("optional") => Ok(true),
        Some(_) => Err(ConfigError::new("SMTP_TLS", "must be required or optional")),
    }
}

/// Returns whether an SMTP URL requires TLS.
fn insists_on_tls(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    url.starts_with("smtps:") || query.split('&').any(|pair| pair == "tls=required")
}

impl Transport {
    /// Parses `MAIL_URL`. The error never contains the URL, because it may contain a password.
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
                if !is_relaxed && smtp.has_password() {
                    Err(bad("must hold no password: it belongs into the secret that SMTP_SECRET_ARN names"))
                } else {
                    Ok(Self::Smtp(smtp))
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

/// Writes `message` into the folder `path`, and logs the file's name.
fn put(path: &Path, transport: &FileTransport, mail: &Mail, message: &Message) -> Result<(), SendError> {
    let name = transport.send(message).map_err(|error| SendError::new(mail, Cause::Server, error))?;
    let file = path.join(name).with_extension("eml");
    tracing::info!(mail = mail.id, file = %file.display(), "a mail was written to a file");
    Ok(())
}
