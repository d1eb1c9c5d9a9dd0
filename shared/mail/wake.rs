//! Waking the function that sends mail.

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

/// The longest that an answer to a client waits for a wake.
const INVOKE_TIMEOUT: Duration = Duration::from_millis(300);

/// Calls the function that sends mail, so that nobody waits for its schedule.
pub struct Wake {
    function: Option<String>,
    key: InvocationKey,
    client: OnceLock<Client>,
}

impl Wake {
    /// Reads `SEND_MAIL_FUNCTION`, the function's name; without it nothing is woken and the schedule does it.
    pub fn start() -> Self {
        let function = config::optional("SEND_MAIL_FUNCTION");
        Self { function, key: InvocationKey::read(), client: OnceLock::new() }
    }

    /// Invokes the function without waiting for what it does: one attempt of 300 ms at most. Failure is only
    /// logged, for the schedule makes up for it.
    ///
    /// Call it after the commit, and also where no mail was written if that must not show in the time taken.
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
                tracing::warn!(error = error_chain(&error), "the function that sends mail was not woken")
            }
            Err(_) => tracing::warn!("waking the function that sends mail took too long"),
        }
    }
}
