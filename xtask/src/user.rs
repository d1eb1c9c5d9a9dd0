//! The user who runs PostgreSQL, which refuses to run as root.

use std::{
    io,
    os::unix::{fs::chown, process::CommandExt},
    path::Path,
    process::Command,
};

use rustix::process::geteuid;

use crate::problem::{About, Problem, Result};

/// The user `nobody`.
#[derive(Clone, Copy)]
pub struct Nobody {
    user: u32,
    group: u32,
}

impl Nobody {
    /// Returns this user if the process runs as root. Fails if the system does not have it.
    pub fn if_root() -> Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        Ok(Some(Self { user: id("-u")?, group: id("-g")? }))
    }

    /// Runs a command as this user, who has no other groups.
    pub fn runs(self, command: &mut Command) {
        command.uid(self.user).gid(self.group);
    }

    /// Makes this user the owner of a file or folder. Fails if it does not exist.
    pub fn owns(self, path: &Path) -> io::Result<()> {
        chown(path, Some(self.user), Some(self.group))
    }

    /// Makes this user the owner of an open file.
    pub fn owns_open(self, file: impl std::os::fd::AsFd) -> io::Result<()> {
        std::os::unix::fs::fchown(file, Some(self.user), Some(self.group))
    }

    /// Makes this user the owner of a folder and all that is in it. Fails if it does not exist.
    pub fn owns_all(self, path: &Path) -> io::Result<()> {
        self.owns(path)?;
        if path.is_dir() {
            for entry in path.read_dir()? {
                self.owns_all(&entry?.path())?;
            }
        }
        Ok(())
    }
}

fn id(option: &str) -> Result<u32> {
    let output = Command::new("id").args([option, "nobody"]).output().about("id")?;
    let number = String::from_utf8_lossy(&output.stdout).trim().parse();
    number.map_err(|_| {
        Problem::new("the user nobody, who runs PostgreSQL for root, does not exist; create it.")
    })
}
