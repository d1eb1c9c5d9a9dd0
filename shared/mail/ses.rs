//! Mail by Amazon SES.

use std::time::Duration;

use aws_sdk_sesv2::{
    Client,
    config::{Builder, timeout::TimeoutConfig},
    error::SdkError,
    operation::send_email::SendEmailError,
    primitives::Blob,
    types::{Destination, EmailContent, RawMessage},
};
use lettre::Message;
use tokio::time::timeout;

use super::{Cause, Mail, SendError, message::needs_utf8, transport::SEND_TIMEOUT};
use crate::{aws, config, logging::error_chain};

/// SES in the function's region.
pub(super) struct Ses {
    client: Client,
    configuration_set: Option<String>,
}

impl Ses {
    /// Makes a client, which names the configuration set in `SES_CONFIGURATION_SET`: it decides where bounces and
    /// complaints are reported. One attempt takes as long as the mailer waits: giving up early and trying again could
    /// send a mail twice.
    pub(super) fn start() -> Self {
        let limits = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).build();
        let config = Builder::from(&aws::client_config("SESV2")).timeout_config(limits);
        let configuration_set = config::optional("SES_CONFIGURATION_SET");
        Self { client: Client::from_conf(config.build()), configuration_set }
    }

    /// Sends `message`, which is `mail`, within 10 seconds. An address that is not ASCII before the @-sign
    /// fails without asking: [SES has no SMTPUTF8](https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html).
    pub(super) async fn send(&self, mail: &Mail, message: &Message) -> Result<(), SendError> {
        if needs_utf8(message) {
            let text = "the address needs SMTPUTF8, which SES does not offer";
            return Err(SendError::new(mail, Cause::Recipient, text));
        }
        let to = message.envelope().to().iter().map(ToString::to_string).collect();
        let raw = RawMessage::builder().data(Blob::new(message.formatted())).build();
        let raw = raw.map_err(|error| SendError::new(mail, Cause::Transient, error))?;
        let request = self
            .client
            .send_email()
            .set_configuration_set_name(self.configuration_set.clone())
            .destination(Destination::builder().set_to_addresses(Some(to)).build())
            .content(EmailContent::builder().raw(raw).build());
        match timeout(SEND_TIMEOUT, request.send()).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(SendError::new(mail, cause(&error), error_chain(&error))),
            Err(_) => {
                let text = format_args!("no answer within {} seconds", SEND_TIMEOUT.as_secs());
                Err(SendError::new(mail, Cause::Server, text))
            }
        }
    }
}

/// What a refusal is about, by its [type](https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors).
///
/// The request differs from mail to mail only by its recipient and the letter, so a bad request is the
/// recipient's. `MessageRejected` tells sender and recipient apart by its words alone, and most of those that
/// are [documented](https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html) are about the
/// account (an identity that is not verified, the sandbox): it is tried again. The rest is about the account,
/// its limits, or the way there.
fn cause(error: &SdkError<SendEmailError>) -> Cause {
    match error.as_service_error() {
        Some(SendEmailError::BadRequestException(_)) => Cause::Recipient,
        Some(SendEmailError::MessageRejected(_)) => Cause::Transient,
        _ => Cause::Server,
    }
}
