//! Objects as files below a folder.

use std::{
    fs,
    io::{self, ErrorKind},
    path::PathBuf,
    process,
};

use aws_smithy_runtime_api::box_error::BoxError;

use super::{PAGE, StoredObject};

/// The end of the names of files that are being written.
const UNFINISHED: &str = ".unfinished";

/// A folder. Its files are small, so they are read and written on the thread of the request.
pub struct Folder(PathBuf);

impl Folder {
    /// Returns the storage in the folder at `path`.
    pub(super) fn new(path: &str) -> Self {
        Self(path.into())
    }

    /// See [`Storage::put`](super::Storage::put).
    pub(super) fn put(&self, key: &str, content: &[u8]) -> Result<(), BoxError> {
        let path = self.0.join(key);
        fs::create_dir_all(path.parent().unwrap_or(&self.0))?;
        // A reader never sees half a file.
        let unfinished = self.0.join(format!("{key}.{}{UNFINISHED}", process::id()));
        fs::write(&unfinished, content)?;
        Ok(fs::rename(unfinished, path)?)
    }

    /// See [`Storage::get`](super::Storage::get).
    pub(super) fn get(&self, key: &str) -> Result<Option<Vec<u8>>, BoxError> {
        unless_missing(fs::read(self.0.join(key)))
    }

    /// See [`Storage::delete`](super::Storage::delete).
    pub(super) fn delete(&self, key: &str) -> Result<(), BoxError> {
        unless_missing(fs::remove_file(self.0.join(key))).map(drop)
    }

    /// See [`Storage::list`](super::Storage::list).
    pub(super) fn list(&self, prefix: &str, after: &str) -> Result<Vec<StoredObject>, BoxError> {
        let folder = prefix.rsplit_once('/').map_or("", |(folder, _)| folder);
        let Some(entries) = unless_missing(fs::read_dir(self.0.join(folder)))? else { return Ok(Vec::new()) };
        let mut objects = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let key = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if !key.starts_with(prefix) || *key <= *after || key.ends_with(UNFINISHED) {
                continue;
            }
            // It may have been deleted meanwhile.
            let Some(metadata) = unless_missing(entry.metadata())? else { continue };
            objects.push(StoredObject { key, stored_at: metadata.modified()? });
        }
        objects.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        objects.truncate(PAGE);
        Ok(objects)
    }
}

/// Returns the value, or `None` if the file is missing.
fn unless_missing<T>(outcome: io::Result<T>) -> Result<Option<T>, BoxError> {
    match outcome {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(folder: &Folder, prefix: &str, after: &str) -> Vec<String> {
        let objects = folder.list(prefix, after).expect("the folder can be read");
        objects.into_iter().map(|object| object.key).collect()
    }

    #[test]
    fn stored_object_is_read_listed_and_deleted() {
        let temporary = tempfile::tempdir().expect("the folder for temporary files is writable");
        let folder = Folder::new(temporary.path().join("new").to_str().expect("the path is text"));
        assert!(keys(&folder, "faces/", "").is_empty());
        for key in ["faces/2_a", "faces/10_a", "faces/1_b", "other/1_a"] {
            folder.put(key, key.as_bytes()).expect("the folder is writable");
        }
        assert_eq!(keys(&folder, "faces/", ""), ["faces/10_a", "faces/1_b", "faces/2_a"]);
        assert_eq!(keys(&folder, "faces/", "faces/10_a"), ["faces/1_b", "faces/2_a"]);
        assert_eq!(keys(&folder, "faces/1_", ""), ["faces/1_b"]);
        folder.put("faces/2_a", b"new").expect("the folder is writable");
        assert_eq!(folder.get("faces/2_a").expect("it can be read"), Some(b"new".to_vec()));
        for _ in 0..2 {
            folder.delete("faces/2_a").expect("it can be deleted");
            assert_eq!(folder.get("faces/2_a").expect("it is missing"), None);
        }
    }
}
