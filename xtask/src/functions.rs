//! Wraps `cargo lambda watch`, which neither ends with its parent process nor reports a function that does not start.

use std::{
    ffi::OsStr,
    io::{self, BufRead, BufReader, IsTerminal, Read},
    net::{TcpStream, ToSocketAddrs},
    os::fd::AsFd,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    child::{Child, Ending, on_terminal, terminate, was_not_run},
    files::root,
    interrupt,
    log_filter::Line,
    output, ports,
    problem::{About, Problem, Result},
    settings, tools,
};

/// The most processes of one function, and so the most concurrent requests to it.
const CONCURRENCY: u8 = 2;
/// How long to wait for the server to listen.
const START: Duration = Duration::from_secs(30);

/// Runs a command of cargo that builds something, in a folder and with more variables. Fails if the build does.
pub fn cargo(arguments: &[&str], folder: &Path, variables: &[(&str, &OsStr)]) -> Result {
    let mut cargo = on_terminal("cargo");
    cargo.args(arguments).current_dir(folder).envs(variables.iter().copied());
    // Standard output is for the results of commands.
    cargo.stdout(io::stderr().as_fd().try_clone_to_owned().about("standard error")?);
    let mut process = Child::start(&mut cargo, &Ending::default()).about("cargo")?;
    let status = process.wait()?;
    if status.success() {
        Ok(())
    } else if was_not_run(status) {
        Err(Problem::new("cargo cannot run; see the message above."))
    } else {
        Err(Problem::new("the build failed; see the messages of cargo above."))
    }
}

/// Running functions, which stop when this value is dropped.
pub struct Functions {
    process: Child,
    has_started: Arc<AtomicBool>,
}

impl Functions {
    /// Serves the functions at the address. Without a URL, variables such as POSTGRES_HOST name the database. Fails if
    /// cargo lambda does not listen in time.
    ///
    /// Until [`Self::started`], a function that ends also ends the server.
    pub fn serve(address: &str, port: u16, database_url: Option<&str>) -> Result<Self> {
        let mut watch = on_terminal(tools::programs()?.join("cargo-lambda"));
        watch.args(["lambda", "watch", &format!("--invoke-address={address}")]);
        watch.arg(format!("--invoke-port={port}")).arg(format!("--concurrency={CONCURRENCY}"));
        // The functions answer preflight requests themselves.
        watch.arg("--disable-cors");
        watch.arg(if io::stderr().is_terminal() { "--color=always" } else { "--color=never" });
        watch.envs(settings::environment(port, database_url)?).current_dir(root());
        // The build before it may have taken minutes.
        ports::free(port)?;
        let (output, writer) = io::pipe().about("a pipe")?;
        watch.stdout(writer.try_clone().about("a pipe")?).stderr(Stdio::from(writer));
        let process = Child::start(&mut watch, &Ending::default()).about("cargo-lambda")?;
        // The output ends when no process can write to the pipe.
        drop(watch);
        let has_started = Arc::new(AtomicBool::new(false));
        let (id, flag) = (process.id(), Arc::clone(&has_started));
        thread::spawn(move || print(output, id, &flag));
        let mut functions = Self { process, has_started };
        functions.wait_for(port)?;
        Ok(functions)
    }

    fn wait_for(&mut self, port: u16) -> Result {
        let end = Instant::now() + START;
        loop {
            // In this order: cargo lambda ends soon if another program has taken the port.
            let is_ready = accepts(port);
            if self.has_ended()? || Instant::now() > end {
                return Err(Problem::new("cargo lambda did not start; see its messages above."));
            }
            if is_ready {
                return Ok(());
            }
            interrupt::pause(Duration::from_millis(20))?;
        }
    }

    /// Keeps the server running from now on if a function ends.
    pub fn started(&self) {
        self.has_started.store(true, Ordering::SeqCst);
    }

    /// Returns whether the server has ended. Fails if its status is not available.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.process.ended()?.is_some())
    }
}

fn accepts(port: u16) -> bool {
    let address = ("127.0.0.1", port).to_socket_addrs().ok().and_then(|mut addresses| addresses.next());
    address.is_some_and(|address| TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_ok())
}

/// Prints the lines of the server with this id until its output ends.
fn print(output: impl Read, id: u32, has_started: &AtomicBool) {
    let (mut output, mut bytes) = (BufReader::new(output), Vec::new());
    while output.read_until(b'\n', &mut bytes).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&bytes);
        let line = Line::new(&text);
        if let Some(shown) = line.shown() {
            output::note(shown);
        }
        // cargo lambda does not start it again, and a client would wait forever.
        if line.is_end_of_function() {
            if has_started.load(Ordering::SeqCst) {
                output::note("A function has ended; save one of its source files to start it again.\n")
            } else {
                terminate(id)
            }
        }
        bytes.clear();
    }
}
