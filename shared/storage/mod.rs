//! Storage of files: objects with a key, in a bucket of S3 or in a folder.

mod folder;
mod s3;

use std::time::SystemTime;

use aws_smithy_runtime_api::box_error::BoxError;
use folder::Folder;
use s3::Bucket;
pub use s3::client as s3_client;

use crate::config::{self, ConfigError};

/// How many objects [`Storage::list`] returns at most.
const PAGE: usize = 1000;

/// The storage that `STORAGE_URL` names.
///
/// Keys have letters, digits, `_`, `-`, `.` and single slashes between other characters, so that each is also a path
/// below a folder.
pub enum Storage {
    /// A bucket of S3.
    Bucket(Box<Bucket>),
    /// A folder, for local runs and tests.
    Folder(Folder),
}

/// An object in a list.
#[derive(Debug)]
pub struct StoredObject {
    /// The key.
    pub key: String,
    /// When it was stored, by the storage's clock.
    pub stored_at: SystemTime,
}

impl Storage {
    /// Reads `STORAGE_URL`: `s3://` and a bucket, or `file:` and an absolute folder, which is created with the first
    /// object. Fails if it is missing or something else.
    pub fn start() -> Result<Self, ConfigError> {
        let url = config::required("STORAGE_URL")?;
        let folder = url.strip_prefix("file:").filter(|folder| folder.starts_with('/'));
        let bucket = url.strip_prefix("s3://").filter(|name| !name.is_empty() && !name.contains('/'));
        match (bucket, folder) {
            (Some(name), _) => Ok(Self::Bucket(Box::new(Bucket::new(name)))),
            (None, Some(path)) => Ok(Self::Folder(Folder::new(path))),
            (None, None) => {
                Err(ConfigError::new("STORAGE_URL", "must be s3://<bucket> or file:<absolute folder>"))
            }
        }
    }

    /// Stores an object, whole or not at all. Replaces one with the same key.
    pub async fn put(&self, key: &str, media_type: &'static str, content: &[u8]) -> Result<(), BoxError> {
        match self {
            Self::Bucket(bucket) => bucket.put(key, media_type, content).await,
            Self::Folder(folder) => folder.put(key, content),
        }
    }

    /// Returns the content of an object, or `None` if there is none with this key.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BoxError> {
        match self {
            Self::Bucket(bucket) => bucket.get(key).await,
            Self::Folder(folder) => folder.get(key),
        }
    }

    /// Deletes an object, if it is there.
    pub async fn delete(&self, key: &str) -> Result<(), BoxError> {
        match self {
            Self::Bucket(bucket) => bucket.delete(key).await,
            Self::Folder(folder) => folder.delete(key),
        }
    }

    /// Returns the first objects whose keys start with `prefix` and come after the key `after`, in the order of the
    /// keys: at most a thousand, and none only if there are no more. A prefix ends with a slash or within a name.
    pub async fn list(&self, prefix: &str, after: &str) -> Result<Vec<StoredObject>, BoxError> {
        match self {
            Self::Bucket(bucket) => bucket.list(prefix, after).await,
            Self::Folder(folder) => folder.list(prefix, after),
        }
    }
}
