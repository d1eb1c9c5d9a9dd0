//! Finds and runs psql.

use std::{
    env,
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output, Stdio},
};

use crate::{
    database::{self, Database},
    interrupt,
    lock::{Lock, Running},
    problem::{About, Result},
    tools,
    url::DatabaseUrl,
};

/// Returns the psql for a local server.
pub fn local() -> Result<PathBuf> {
    Ok(tools::postgres()?.join("psql"))
}

/// Returns the psql for the server of DATABASE_URL: that of this machine, if there is one, because the wheel's does not
/// support TLS, which another server may require.
pub fn remote() -> Result<PathBuf> {
    installed().map_or_else(local, Ok)
}

/// Runs a psql without a terminal and with English messages. Fails if it cannot run, but not if psql does.
pub fn run(program: &Path, url: &DatabaseUrl, arguments: &[impl AsRef<OsStr>]) -> Result<Output> {
    let mut command = Command::new(program);
    command.args(["--no-psqlrc", "--quiet", "--no-password"]).args(arguments);
    connect(&mut command, url).env("LC_ALL", "C").stdin(Stdio::null());
    let output = command.output().about(program)?;
    interrupt::check()?;
    Ok(output)
}

/// Opens psql on this terminal, on the database of DATABASE_URL or the local one, and returns its status. Fails if
/// neither can be used.
pub fn open() -> Result<ExitStatus> {
    if let Some(url) = database::given() {
        return on_terminal(&remote()?, &DatabaseUrl::parse(&url)?);
    }
    let program = local()?;
    if let Some(dev) = Running::find()? {
        return on_terminal(&program, &database::of(&dev)?);
    }
    let _lock = Lock::take()?;
    let database = Database::serve()?;
    on_terminal(&program, &database.url)
}

fn on_terminal(program: &Path, url: &DatabaseUrl) -> Result<ExitStatus> {
    let status = connect(&mut Command::new(program), url).status().about(program)?;
    // psql handles Ctrl-C: it cancels the statement and continues.
    interrupt::forget_ctrl_c();
    interrupt::check()?;
    Ok(status)
}

/// Hides the password in the environment: all users can read a command line.
fn connect<'a>(command: &'a mut Command, url: &DatabaseUrl) -> &'a mut Command {
    command.env("PGCONNECT_TIMEOUT", "10").env("PGPASSWORD", url.password());
    command.arg(format!("--dbname={}", url.without_password()))
}

/// Returns the psql of this machine.
fn installed() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join("psql")).find(|program| program.is_file())
}
