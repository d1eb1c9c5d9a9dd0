//! The lock of the command that uses the local database. While `make dev` runs, the file contains its
//! port, and [`ELSEWHERE`] if it uses another database.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::Path,
    time::Duration,
};

use crate::{
    files::local,
    interrupt,
    problem::{About, Problem, Result},
};

const FILE: &str = "dev.lock";
const ELSEWHERE: &str = " elsewhere";

/// Lets one command at a time use the local database, until it is dropped.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock. Fails while another command has it.
    pub fn take() -> Result<Self> {
        let path = local(FILE);
        let folder = local("");
        fs::create_dir_all(&folder).about(&folder)?;
        let Some(file) = lock_in_time(&path)? else {
            let command = match Running::parse(&fs::read_to_string(&path).unwrap_or_default()) {
                None => "another command".to_owned(),
                Some(dev) => format!("`make dev` on port {}", dev.port),
            };
            return Err(Problem::new(format!(
                "{command} uses the database of this clone; stop it, or wait for its end."
            )));
        };
        fs::write(&path, "").about(&path)?;
        Ok(Self { _file: file })
    }

    /// Tells the other commands where the functions respond, and which database they use. Fails if the file is not
    /// writable.
    pub fn announce(&self, port: u16, uses_local_database: bool) -> Result {
        let path = local(FILE);
        let elsewhere = if uses_local_database { "" } else { ELSEWHERE };
        fs::write(&path, format!("{port}{elsewhere}")).about(&path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::write(local(FILE), "");
    }
}

/// The `make dev` that serves functions in this clone.
#[derive(Debug, PartialEq)]
pub struct Running {
    /// The port on which they respond.
    pub port: u16,
    /// Whether they use the database in `.local`, not that of DATABASE_URL.
    pub uses_local_database: bool,
}

impl Running {
    /// Returns the one that runs, if any. Fails if the file is not readable.
    pub fn find() -> Result<Option<Self>> {
        let path = local(FILE);
        // Without a port it does not try the lock: a command that starts at the same time would find it taken and give
        // up.
        match Self::parse(&fs::read_to_string(&path).unwrap_or_default()) {
            Some(dev) if lock(&path)?.is_none() => Ok(Some(dev)),
            _ => Ok(None),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let port = text.strip_suffix(ELSEWHERE);
        let uses_local_database = port.is_none();
        let port = port.unwrap_or(text).parse().ok()?;
        Some(Self { port, uses_local_database })
    }
}

/// Waits a moment for another command, which may hold the lock only to see whether `make dev` runs.
fn lock_in_time(path: &Path) -> Result<Option<File>> {
    for _ in 0..10 {
        if let Some(file) = lock(path)? {
            return Ok(Some(file));
        }
        interrupt::pause(Duration::from_millis(20))?;
    }
    Ok(None)
}

/// Opens and locks the file, unless another process has the lock.
fn lock(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new().append(true).create(true).open(path).about(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error).about(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_says_which_database_make_dev_uses() {
        let dev = |port, uses_local_database| Some(Running { port, uses_local_database });
        let texts = ["8000", "8000 elsewhere", "", " elsewhere", "x"];
        let expected = [dev(8000, true), dev(8000, false), None, None, None];
        assert_eq!(texts.map(Running::parse), expected);
    }
}
