//! Sends mail by SMTP ([RFC 5321](https://www.rfc-editor.org/rfc/rfc5321)), one connection for each mail.

use std::time::Duration;

use lettre::{
    Message,
    transport::smtp::{
        Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Tls, TlsParameters},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter},
    },
};
use percent_encoding::percent_decode_str;
use tokio::time::timeout;
use url::Url;

use super::{Cause, Mail, SendError, message::needs_utf8, smtp_login::SecretLogin, transport::SEND_TIMEOUT};

/// The timeout for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// The timeout for closing a connection, when the outcome of the mail is already known.
const QUIT_TIMEOUT: Duration = Duration::from_secs(1);

/// An SMTP server and its login.
pub(super) struct Smtp {
    host: String,
    port: u16,
    tls: Tls,
    hello_name: ClientId,
    login: Login,
}

/// How the client authenticates.
enum Login {
    None,
    Url(Credentials),
    Secret(SecretLogin),
}

/// The stage of an SMTP conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// From the connection to the sender, before the server knows the recipient.
    Setup,
    /// From the recipient on.
    Delivery,
}

impl Smtp {
    /// Parses `smtps://user:password@host:port/name` (TLS, port 465), `smtp://…` (no TLS, port 25) or
    /// `smtp://…?tls=required` (STARTTLS, port 587). Returns `None` for anything else.
    pub(super) fn from_url(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let host = match url.host()? {
            // Without the brackets of a URL.
            url::Host::Ipv6(address) => address.to_string(),
            host => host.to_string(),
        };
        let parameters = || TlsParameters::new(host.clone()).ok();
        let option = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value);
        let (tls, port) = match (url.scheme(), option.as_deref()) {
            ("smtp", None) => (Tls::None, SMTP_PORT),
            ("smtp", Some("required")) => (Tls::Required(parameters()?), SUBMISSION_PORT),
            ("smtps", None | Some("required")) => (Tls::Wrapper(parameters()?), SUBMISSIONS_PORT),
            _ => return None,
        };
        let decoded = |text| percent_decode_str(text).decode_utf8().ok().map(String::from);
        let login = match url.password() {
            Some(password) => Login::Url(Credentials::new(decoded(url.username())?, decoded(password)?)),
            None => Login::None,
        };
        let name = url.path().trim_matches('/');
        let hello_name =
            if name.is_empty() { ClientId::default() } else { ClientId::Domain(name.to_owned()) };
        Some(Self { port: url.port().unwrap_or(port), host, tls, hello_name, login })
    }

    /// Returns whether the URL contains a password.
    pub(super) fn has_password(&self) -> bool {
        matches!(self.login, Login::Url(_))
    }

    /// Replaces the login of the URL with `login`.
    pub(super) fn with_login(self, login: SecretLogin) -> Self {
        Self { login: Login::Secret(login), ..self }
    }

    /// Sends `message`, built from `mail`, within 10 seconds. Succeeds once the server has accepted the
    /// message, whatever happens to the connection afterwards.
    pub(super) async fn send(&self, mail: &Mail, message: &Message) -> Result<(), SendError> {
        let mut stage = Stage::Setup;
        let work = async {
            let mut connection =
                self.connect().await.map_err(|error| SendError::new(mail, Cause::Server, error))?;
            let outcome = deliver(&mut connection, mail, message, &mut stage).await;
            Ok((connection, outcome))
        };
        let outcome = timeout(SEND_TIMEOUT, work).await;
        match outcome {
            Ok(Ok((mut connection, outcome))) => {
                let _ = timeout(QUIT_TIMEOUT, connection.abort()).await;
                outcome
            }
            Ok(Err(failure)) => Err(failure),
            Err(_) => {
                let text = format_args!("no answer within {} seconds", SEND_TIMEOUT.as_secs());
                Err(SendError::new(mail, cause_without_reply(stage), text))
            }
        }
    }

    /// Opens a connection: greeting, TLS, EHLO and login.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            server,
            Some(CONNECT_TIMEOUT),
            &self.hello_name,
            wrapper,
            None,
        )
        .await?;
        if let Tls::Required(parameters) = &self.tls {
            connection.starttls(parameters.clone(), &self.hello_name).await?;
        }
        match &self.login {
            Login::None => {}
            Login::Url(credentials) => drop(connection.auth(DEFAULT_MECHANISMS, credentials).await?),
            Login::Secret(login) => {
                drop(connection.auth(DEFAULT_MECHANISMS, &login.credentials().await).await?)
            }
        }
        Ok(connection)
    }
}

/// Delivers `message`. Fails with [`Cause::Recipient`] if the address requires SMTPUTF8 and the server does
/// not offer it ([RFC 6531, section 3.2](https://www.rfc-editor.org/rfc/rfc6531#section-3.2)).
async fn deliver(
    connection: &mut AsyncSmtpConnection,
    mail: &Mail,
    message: &Message,
    stage: &mut Stage,
) -> Result<(), SendError> {
    let mut parameters = Vec::new();
    if needs_utf8(message) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let text = "the address needs SMTPUTF8, which the server does not offer";
            return Err(SendError::new(mail, Cause::Recipient, text));
        }
        parameters.push(MailParameter::SmtpUtfEight);
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let failure = |stage, error: Error| SendError::new(mail, cause_of_error(stage, &error), error);
    let envelope = message.envelope();
    let sender = MailFrom::new(envelope.from().cloned(), parameters);
    connection.command(sender).await.map_err(|error| failure(*stage, error))?;
    *stage = Stage::Delivery;
    for recipient in envelope.to() {
        let recipient = Rcpt::new(recipient.clone(), Vec::new());
        connection.command(recipient).await.map_err(|error| failure(*stage, error))?;
    }
    connection.command(Data).await.map_err(|error| failure(*stage, error))?;
    connection.message(&message.formatted()).await.map_err(|error| failure(*stage, error))?;
    Ok(())
}

fn cause_of_error(stage: Stage, error: &Error) -> Cause {
    let Some(code) = error.status() else { return cause_without_reply(stage) };
    let text = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
    cause_of_reply(stage, code.into(), &text)
}

/// Returns the cause if the connection breaks or the server's reply is not SMTP.
fn cause_without_reply(stage: Stage) -> Cause {
    match stage {
        Stage::Setup => Cause::Server,
        Stage::Delivery => Cause::Transient,
    }
}

/// Returns the cause of a rejection by its stage, its code
/// ([RFC 5321, section 4.2](https://www.rfc-editor.org/rfc/rfc5321#section-4.2)) and the enhanced code at the
/// start of its text ([RFC 3463](https://www.rfc-editor.org/rfc/rfc3463)).
///
/// - Before the recipient, the server rejects the client: a wrong login (535), a missing login (530) or the
///   sender (550 to `MAIL FROM`). No mail is given up for that. One exception is X.6.7, a non-ASCII address,
///   which may already be the reply to `MAIL FROM`
///   ([RFC 6531, section 3.5](https://www.rfc-editor.org/rfc/rfc6531#section-3.5)).
/// - 421 closes the connection after any command. Any other 4xx is transient.
/// - A 5xx from the recipient on is final for this recipient or mail. But servers also delay rejections of
///   the client until then: a missing login, the sender's address (X.1.7, X.1.8), the state of their system
///   (X.3), the protocol (X.5), and policy (X.7), such as a closed relay. Servers without enhanced codes
///   mention "relay" in the text.
fn cause_of_reply(stage: Stage, code: u16, text: &str) -> Cause {
    match (stage, code, enhanced_code(text)) {
        (_, 421, _) => Cause::Server,
        (_, 500.., Some((6, 7 | 9))) => Cause::Recipient,
        (Stage::Setup, ..) => Cause::Server,
        (Stage::Delivery, ..500, _) => Cause::Transient,
        (Stage::Delivery, 530 | 534 | 535 | 538, _) | (Stage::Delivery, _, Some((1, 7 | 8))) => Cause::Server,
        (Stage::Delivery, _, Some((3 | 5 | 7, _))) => Cause::Transient,
        (Stage::Delivery, _, None) if text.to_ascii_lowercase().contains("relay") => Cause::Transient,
        (Stage::Delivery, ..) => Cause::Recipient,
    }
}

/// Returns subject and detail of an enhanced code, such as 1 and 7 of `5.1.7`.
fn enhanced_code(text: &str) -> Option<(u16, u16)> {
    let mut parts = text.split_whitespace().next()?.splitn(3, '.');
    let mut number = || parts.next()?.parse().ok();
    let (_class, subject, detail): (u16, _, _) = (number()?, number()?, number()?);
    Some((subject, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn smtp_reply_cause_follows_stage_and_codes() {
        use Cause::*;
        use Stage::*;
        for (stage, code, text, cause) in [
            (Setup, 554, "no SMTP service here", Server),
            (Setup, 530, "5.7.0 Authentication required", Server),
            (Setup, 535, "5.7.8 Authentication credentials invalid", Server),
            (Setup, 550, "5.7.1 sender refused", Server),
            (Setup, 451, "4.3.0 later", Server),
            (Setup, 550, "5.6.7 non-ASCII addresses not permitted", Recipient),
            (Delivery, 421, "4.7.0 too much mail, closing", Server),
            (Delivery, 450, "4.2.1 greylisted", Transient),
            (Delivery, 452, "4.2.2 mailbox full", Transient),
            (Delivery, 550, "5.1.1 no such user", Recipient),
            (Delivery, 550, "no such user", Recipient),
            (Delivery, 501, "5.1.3 bad address syntax", Recipient),
            (Delivery, 551, "user not local", Recipient),
            (Delivery, 552, "5.2.2 mailbox full", Recipient),
            (Delivery, 553, "5.6.7 non-ASCII addresses not permitted", Recipient),
            (Delivery, 554, "transaction failed", Recipient),
            (Delivery, 556, "5.1.10 the domain takes no mail", Recipient),
            (Delivery, 530, "5.7.0 Authentication required", Server),
            (Delivery, 550, "5.1.8 Sender address rejected: Domain not found", Server),
            (Delivery, 554, "5.7.1 Relay access denied", Transient),
            (Delivery, 550, "relay not permitted", Transient),
            (Delivery, 554, "5.3.4 message too big for system", Transient),
            (Delivery, 554, "", Recipient),
        ] {
            assert_eq!(cause_of_reply(stage, code, text), cause, "{stage:?} {code} {text}");
        }
    }

    #[test]
    fn smtp_url_sets_host_port_and_tls() {
        for (url, host, port, has_login) in [
            ("smtp://mail.example", "mail.example", 25, false),
            ("smtp://user:p%40ss@mail.example?tls=required", "mail.example", 587, true),
            ("smtps://user:pass@mail.example/client.example", "mail.example", 465, true),
            ("smtp://user@127.0.0.1:2525", "127.0.0.1", 2525, false),
            ("smtp://[::1]:2525", "::1", 2525, false),
        ] {
            let smtp = Smtp::from_url(url).expect(url);
            assert_eq!((smtp.host.as_str(), smtp.port), (host, port), "{url}");
            assert_eq!(smtp.has_password(), has_login, "{url}");
        }
        for url in
            ["smtp:", "smtp://", "smtp://user:pass@", "smtp://a:b@host:port", "smtp://host?tls=perhaps"]
        {
            assert!(Smtp::from_url(url).is_none(), "{url}");
        }
    }
}
