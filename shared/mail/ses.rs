//! Sends mail through Amazon SES.

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
    /// Creates a client. `SES_CONFIGURATION_SET` names the configuration set, which determines where bounces
    /// and complaints are reported. One attempt may take the whole timeout, because a retry after an early
    /// timeout could send a mail twice.
    pub(super) fn start() -> Self {
        let limits = TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).build();
        let config = Builder::from(&aws::client_config("SESV2")).timeout_config(limits);
        let configuration_set = config::optional("SES_CONFIGURATION_SET");
        Self { client: Client::from_conf(config.build()), configuration_set }
    }

    /// Sends `message`, built from `mail`, within 10 seconds. Fails without a request if the address is not
    /// ASCII before the @-sign:
    /// [SES has no SMTPUTF8](https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Destination.html).
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

/// Returns the cause of an error by its
/// [type](https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors).
///
/// Requests differ only by recipient and content, so a bad request means a bad recipient. `MessageRejected`
/// distinguishes sender and recipient only by its text, and most of the
/// [documented texts](https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html) concern the
/// account (an unverified identity, the sandbox), so it is tried again. All other errors concern the account,
/// its limits or the network.
fn cause(error: &SdkError<SendEmailError>) -> Cause {
    match error.as_service_error() {
        Some(SendEmailError::BadRequestException(_)) => Cause::Recipient,
        Some(SendEmailError::MessageRejected(_)) => Cause::Transient,
        _ => Cause::Server,
    }
}
