//! The objects of pictures in the storage.

use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use tokio::time::timeout;

use super::picture::MEDIA_TYPE;
use crate::{config::ConfigError, logging::error_chain, storage::Storage};

/// The start of all keys.
pub(super) const PREFIX: &str = "avatars/";

/// The number of characters of a version, which are those of base64 for URLs: 256 random bits.
pub const VERSION_LENGTH: usize = 43;

/// How long a request waits for deletions, which the nightly sweep can do as well.
const REMOVAL_TIMEOUT: Duration = Duration::from_secs(2);

/// The stored pictures. Each version has an object of its own, which is never replaced: a request that fails cannot harm
/// another's picture.
pub struct Pictures(Storage);

/// Returns the key of a user's picture that clients see and the profile keeps.
pub(super) fn key(user_id: i64) -> String {
    format!("{PREFIX}{user_id}_avatar.jpg")
}

/// Returns the key of the object of a version.
fn object(user_id: i64, version: &str) -> String {
    format!("{PREFIX}{user_id}_{version}.jpg")
}

/// Returns the version in the key of an object, or `None` for another key.
pub(super) fn version(object: &str) -> Option<&str> {
    let (user_id, version) = object.strip_prefix(PREFIX)?.strip_suffix(".jpg")?.split_once('_')?;
    let is_ours = user_id.parse::<i64>().is_ok() && version.len() == VERSION_LENGTH;
    is_ours.then_some(version)
}

impl Pictures {
    /// Reads the settings. Fails as [`Storage::start`] does.
    pub fn start() -> Result<Self, ConfigError> {
        Storage::start().map(Self)
    }

    /// Returns the storage.
    pub(super) fn storage(&self) -> &Storage {
        &self.0
    }

    /// Stores a picture as a new version.
    pub async fn put(&self, user_id: i64, version: &str, picture: &[u8]) -> Result<(), BoxError> {
        self.0.put(&object(user_id, version), MEDIA_TYPE, picture).await
    }

    /// Returns a picture, or `None` if the storage does not have it.
    pub async fn get(&self, user_id: i64, version: &str) -> Result<Option<Vec<u8>>, BoxError> {
        self.0.get(&object(user_id, version)).await
    }

    /// Deletes the object of a version that no profile names any more. If that fails, logs it: the nightly sweep deletes
    /// the object.
    pub async fn remove(&self, user_id: i64, version: &str) {
        remove_within_timeout(self.0.delete(&object(user_id, version))).await;
    }

    /// Deletes all objects of a user whose account is deleted, likewise. Works without the profile, which is deleted with
    /// the account.
    pub async fn remove_all(&self, user_id: i64) {
        remove_within_timeout(self.delete_all(user_id)).await;
    }

    async fn delete_all(&self, user_id: i64) -> Result<(), BoxError> {
        loop {
            let objects = self.0.list(&format!("{PREFIX}{user_id}_"), "").await?;
            if objects.is_empty() {
                return Ok(());
            }
            for object in objects {
                self.0.delete(&object.key).await?;
            }
        }
    }
}

/// Logs the error if pictures cannot be deleted, or not within [`REMOVAL_TIMEOUT`].
async fn remove_within_timeout(removal: impl Future<Output = Result<(), BoxError>>) {
    let outcome = timeout(REMOVAL_TIMEOUT, removal).await;
    if let Err(error) = outcome.unwrap_or_else(|elapsed| Err(elapsed.into())) {
        tracing::warn!(
            error = error_chain(&*error),
            "a picture cannot be deleted; the nightly sweep tries again"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_is_found_in_key_of_object_only() {
        let random = "x-_A".repeat(11)[..VERSION_LENGTH].to_owned();
        assert_eq!(version(&object(7, &random)), Some(&*random));
        for other in
            ["avatars/7_avatar.jpg", "avatars/notes.txt", "faces/7_x.jpg", &format!("avatars/x_{random}.jpg")]
        {
            assert_eq!(version(other), None, "{other}");
        }
    }
}
