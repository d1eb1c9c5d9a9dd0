//! Invokes the function `send_mail`.

use std::{sync::OnceLock, time::Duration};

use aws_sdk_lambda::{
    Client,
    config::{Builder, retry::RetryConfig},
    primitives::Blob,
    types::InvocationType,
};
use serde_json::json;
use tokio::time::timeout;

use crate::{aws, config, invocation::InvocationKey, logging::error_chain};

/// The longest that a response waits for this invocation.
const INVOKE_TIMEOUT: Duration = Duration::from_millis(300);

/// Invokes the function `send_mail`, so that a mail does not wait for the schedule.
pub struct Wake {
    function: Option<String>,
    key: InvocationKey,
    client: OnceLock<Client>,
}

impl Wake {
    /// Reads `SEND_MAIL_FUNCTION`, the function's name. If it is not set, mail is sent by the schedule only.
    pub fn start() -> Self {
        let function = config::optional("SEND_MAIL_FUNCTION");
        Self { function, key: InvocationKey::read(), client: OnceLock::new() }
    }

    /// Invokes the function asynchronously, in one attempt of at most 300 ms. Only logs a failure, because
    /// the schedule sends the mail anyway.
    ///
    /// Call it after the commit. Also call it if no mail was written, where the response time must not reveal
    /// that.
    pub async fn send_mail(&self) {
        let Some(function) = &self.function else { return };
        let client = self.client.get_or_init(|| {
            let config = Builder::from(&aws::client_config("LAMBDA")).retry_config(RetryConfig::disabled());
            Client::from_conf(config.build())
        });
        let call = client
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(self.key.seal(json!({})).to_string()))
            .send();
        match timeout(INVOKE_TIMEOUT, Box::pin(call)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = error_chain(&error), "send_mail was not invoked")
            }
            Err(_) => tracing::warn!("invoking send_mail took too long"),
        }
    }
}
