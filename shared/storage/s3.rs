//! Objects in a bucket of S3.

use std::{error::Error, fmt::Debug, time::SystemTime};

use aws_sdk_s3::{
    Client,
    config::Builder,
    error::{ProvideErrorMetadata, SdkError},
    primitives::ByteStream,
};
use aws_smithy_runtime_api::box_error::BoxError;

use super::{PAGE, StoredObject};
use crate::aws;

/// A bucket, which the clients of the API never reach.
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// Returns the storage in the bucket of this name.
    pub(super) fn new(name: &str) -> Self {
        Self { client: client(), name: name.to_owned() }
    }

    /// See [`Storage::put`](super::Storage::put).
    pub(super) async fn put(
        &self,
        key: &str,
        media_type: &'static str,
        content: &[u8],
    ) -> Result<(), BoxError> {
        let request = self.client.put_object().bucket(&self.name).key(key).content_type(media_type);
        request.body(ByteStream::from(content.to_vec())).send().await.map_err(failure)?;
        Ok(())
    }

    /// See [`Storage::get`](super::Storage::get).
    pub(super) async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BoxError> {
        match self.client.get_object().bucket(&self.name).key(key).send().await {
            Ok(object) => Ok(Some(object.body.collect().await?.to_vec())),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_no_such_key()) => Ok(None),
            Err(error) => Err(failure(error)),
        }
    }

    /// See [`Storage::delete`](super::Storage::delete).
    pub(super) async fn delete(&self, key: &str) -> Result<(), BoxError> {
        self.client.delete_object().bucket(&self.name).key(key).send().await.map_err(failure)?;
        Ok(())
    }

    /// See [`Storage::list`](super::Storage::list).
    pub(super) async fn list(&self, prefix: &str, after: &str) -> Result<Vec<StoredObject>, BoxError> {
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix).max_keys(PAGE as i32);
        // S3 rejects an empty one.
        let after = Some(after.to_owned()).filter(|after| !after.is_empty());
        let objects =
            request.set_start_after(after).send().await.map_err(failure)?.contents.unwrap_or_default();
        let stored = objects.into_iter().filter_map(|object| {
            let stored_at = SystemTime::try_from(object.last_modified?).ok()?;
            Some(StoredObject { key: object.key?, stored_at })
        });
        Ok(stored.collect())
    }
}

/// Returns the error without ids of the request, which are of no use here.
fn failure<E, R>(error: SdkError<E, R>) -> BoxError
where
    E: Error + ProvideErrorMetadata + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match error.as_service_error().and_then(E::code) {
        Some(code) => format!("S3 says {code} ({})", error.message().unwrap_or("no more")).into(),
        None => error.into(),
    }
}

/// Returns a client of S3, or of the server that `AWS_ENDPOINT_URL_S3` or `AWS_ENDPOINT_URL` names.
pub fn client() -> Client {
    let config = aws::client_config("S3");
    // Self-hosted servers seldom have a host name for each bucket.
    let own_server = config.endpoint_url().is_some();
    Client::from_conf(Builder::from(&config).force_path_style(own_server).build())
}
