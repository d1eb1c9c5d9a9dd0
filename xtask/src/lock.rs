//! The lock of the command that uses the local database. The file contains the port on which functions respond, if any.

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
            let port = fs::read_to_string(&path).unwrap_or_default();
            let command = match &*port {
                "" => "another command".to_owned(),
                port => format!("`make dev` on port {port}"),
            };
            return Err(Problem::new(format!(
                "{command} uses the database of this clone; stop it, or wait for its end."
            )));
        };
        fs::write(&path, "").about(&path)?;
        Ok(Self { _file: file })
    }

    /// Tells the other commands where the functions respond. Fails if the file is not writable.
    pub fn announce(&self, port: u16) -> Result {
        let path = local(FILE);
        fs::write(&path, port.to_string()).about(&path)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = fs::write(local(FILE), "");
    }
}

/// Returns the port on which `make dev` serves functions in this clone, if it does. Fails if the file is not readable.
pub fn functions_port() -> Result<Option<u16>> {
    let path = local(FILE);
    // Without a port it does not try the lock: a command that starts at the same time would find it taken and give up.
    match fs::read_to_string(&path).unwrap_or_default().parse() {
        Ok(port) if lock(&path)?.is_none() => Ok(Some(port)),
        _ => Ok(None),
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
