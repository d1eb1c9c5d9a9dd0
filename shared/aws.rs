//! Common settings of the AWS clients. They come from the environment, where Lambda puts region and
//! credentials, so that no client searches for them.

use std::{env, time::Duration};

use aws_config::{
    BehaviorVersion, Region, SdkConfig, environment::EnvironmentVariableCredentialsProvider,
    retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_sdk_secretsmanager::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{http::HttpConnector, orchestrator::HttpRequest},
};
use aws_smithy_types::body::SdkBody;
use tokio::time::{sleep, timeout};

use crate::config;

/// Returns the settings for the client of `service`, named as in `AWS_ENDPOINT_URL_<SERVICE>`. An emulator at
/// that URL accepts any credentials, so none need to be set for it.
pub fn client_config(service: &str) -> SdkConfig {
    let endpoint = env::var(format!("AWS_ENDPOINT_URL_{service}")).ok().filter(|url| !url.is_empty());
    let endpoint = endpoint.or_else(|| config::optional("AWS_ENDPOINT_URL"));
    let emulated = endpoint.is_some() && config::optional("AWS_ACCESS_KEY_ID").is_none();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(if emulated {
            SharedCredentialsProvider::new(Credentials::new("local", "local", None, None, "emulator"))
        } else {
            SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new())
        })
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build_https(),
        )
        .retry_config(RetryConfig::standard())
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(2))
                .build(),
        );
    let region = config::optional("AWS_REGION").or_else(|| emulated.then(|| "us-east-1".into()));
    config.set_region(region.map(Region::new));
    config.set_endpoint_url(endpoint);
    config.build()
}

/// Sends a PUT with `body` and without a content type to a presigned URL of CloudFormation or S3.
///
/// Tries four times within eleven seconds. Fails if every attempt fails.
pub async fn put(url: &str, body: String) -> Result<(), BoxError> {
    const TIMEOUT: Duration = Duration::from_secs(2);
    let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring)).build();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let mut request = HttpRequest::new(SdkBody::from(body.clone()));
        request.set_method("PUT")?;
        request.set_uri(url)?;
        let failure: BoxError = match timeout(TIMEOUT, connector.call(request)).await {
            Ok(Ok(response)) if response.status().is_success() => return Ok(()),
            Ok(Ok(response)) => format!("the answer is {}", response.status().as_u16()).into(),
            Ok(Err(error)) => error.into(),
            Err(elapsed) => elapsed.into(),
        };
        if attempt == 4 {
            return Err(failure);
        }
        sleep(Duration::from_millis(200 << attempt)).await;
    }
}
