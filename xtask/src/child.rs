//! Starts child processes that end with this one, even after SIGKILL, which the standard library does not provide.

use std::{
    env,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{self, Command, ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use crate::{
    interrupt,
    problem::{About, Result},
};

/// Ends a process group: $1 is its leader, $2 the signals to send, $3 the tenths of a second to wait after each; folders
/// to delete follow. `read` waits for a line, or for the end of the process that would write it.
const GUARD: &str = r#"
read -r alive
for signal in $2; do
    kill -s "$signal" -- "-$1"
    waited=0
    while kill -0 "$1"; do
        [ "$waited" -lt "$3" ] || continue 2
        sleep 0.1
        waited=$((waited + 1))
    done
    break
done
shift 3
[ "$alive" ] || rm -rf "$@"
"#;
/// Options of a parent make, which a make inside a build must not inherit.
const MAKE: [&str; 3] = ["MAKEFLAGS", "MFLAGS", "MAKELEVEL"];
/// Variables that `cargo run` and `cargo test` set about this package. Build scripts of dependencies would see them change,
/// and everything above those would be compiled again.
const CARGO: [&str; 3] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_"];

/// Returns a command without input in a process group of its own, so that the terminal's Ctrl-C does not reach it.
pub fn command(program: impl Into<PathBuf>) -> Command {
    let mut command = Command::new(program.into());
    command.stdin(Stdio::null()).process_group(0);
    clear_build_variables(&mut command);
    command
}

/// Removes the variables that Cargo and make set for this process, so that the command builds as if it were called in a
/// terminal.
pub fn clear_build_variables(command: &mut Command) {
    command.env_remove("CARGO");
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if MAKE.contains(&&*text) || CARGO.iter().any(|prefix| text.starts_with(prefix)) {
            command.env_remove(&name);
        }
    }
}

/// Returns a [`command`] that may use the terminal from the background: it ignores the signals that would stop it there
/// (`stty tostop`, or a question to the user), since nothing would continue it.
pub fn on_terminal(program: impl Into<PathBuf>) -> Command {
    let mut command = command("/bin/sh");
    command.args(["-c", r#"trap "" TTIN TTOU; exec "$@""#, "sh"]).arg(program.into());
    command
}

/// Returns whether this is the status of an [`on_terminal`] command whose program is missing or not executable
/// ([POSIX](https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_08_02)).
pub fn was_not_run(status: ExitStatus) -> bool {
    matches!(status.code(), Some(126 | 127))
}

/// How a child ends with its parent.
pub struct Ending<'a> {
    /// The signals that its process group gets, one after another until it ends.
    pub signals: &'a str,
    /// The seconds to wait after each signal.
    pub seconds: u32,
    /// The folders to delete if the parent was killed.
    pub delete: &'a [PathBuf],
}

impl Default for Ending<'_> {
    fn default() -> Self {
        Self { signals: "TERM KILL", seconds: 10, delete: &[] }
    }
}

/// A process that ends when this value is dropped, or when this process is killed.
pub struct Child {
    process: process::Child,
    guard: process::Child,
}

impl Child {
    /// Starts a command made by [`command`]. Fails if the program cannot run.
    pub fn start(command: &mut Command, ending: &Ending) -> io::Result<Self> {
        let mut process = command.spawn()?;
        let guard = Command::new("/bin/sh")
            .args(["-c", GUARD, "guard", &process.id().to_string(), ending.signals])
            .arg((ending.seconds * 10).to_string())
            .args(ending.delete)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .current_dir("/")
            .spawn();
        match guard {
            Ok(guard) => Ok(Self { process, guard }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error)
            }
        }
    }

    /// Returns the id of the process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Takes the read end of its piped standard output.
    pub fn take_output(&mut self) -> Option<process::ChildStdout> {
        self.process.stdout.take()
    }

    /// Returns the status once the process has ended. Fails if its status is not available.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        self.process.try_wait().about("a child process")
    }

    /// Waits for its end. Fails with `Problem::Interrupted` when a signal arrives.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            interrupt::pause(Duration::from_millis(10))?;
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if let Some(mut input) = self.guard.stdin.take() {
            let _ = input.write_all(b"alive\n");
        }
        let _ = self.process.wait();
        let _ = self.guard.wait();
    }
}

/// Asks a process to end.
pub fn terminate(id: u32) {
    if let Some(pid) = pid(id) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::process::{WaitOptions, test_kill_process, waitpid};

    use super::*;

    /// Starts a process that ends itself after a minute, with a folder that its guard may delete.
    fn start() -> (Child, PathBuf) {
        let folder = tempfile::tempdir().unwrap().keep();
        let delete = [folder.clone()];
        let ending = Ending { delete: &delete, ..Ending::default() };
        (Child::start(command("sleep").arg("60"), &ending).unwrap(), folder)
    }

    fn is_alive(id: u32) -> bool {
        test_kill_process(pid(id).unwrap()).is_ok()
    }

    #[test]
    fn dropped_child_ends_and_its_folder_stays() {
        let (mut child, folder) = start();
        assert!(child.ended().unwrap().is_none());
        let id = child.id();
        drop(child);
        assert!(!is_alive(id));
        fs::remove_dir(folder).unwrap();
    }

    #[test]
    fn child_on_terminal_is_not_stopped() {
        for signal in ["TTIN", "TTOU"] {
            let mut command = on_terminal("sh");
            command.args(["-c", &format!("kill -s {signal} $$; exit 7")]);
            let child = Child::start(&mut command, &Ending::default()).unwrap();
            let (_, status) = waitpid(pid(child.id()), WaitOptions::UNTRACED).unwrap().unwrap();
            assert_eq!(status.exit_status(), Some(7), "{signal}");
        }
    }

    #[test]
    fn missing_program_is_not_a_failed_one() {
        for (program, expected) in [("/gone", true), ("/", true), ("false", false)] {
            let mut child = Child::start(&mut on_terminal(program), &Ending::default()).unwrap();
            assert_eq!(was_not_run(child.wait().unwrap()), expected, "{program}");
        }
    }

    #[test]
    fn guard_ends_child_and_deletes_folder_of_killed_parent() {
        let (mut child, folder) = start();
        // The system closes the pipe when it kills a process.
        drop(child.guard.stdin.take());
        child.wait().unwrap();
        assert!(child.guard.wait().unwrap().success());
        assert!(!folder.exists());
    }
}
