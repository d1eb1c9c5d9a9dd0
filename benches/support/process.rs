//! A process of a function, with a minimal Runtime API that measures times.
//!
//! The service of the tests is not optimized and would distort the times. This one reads only the subset of HTTP that
//! the runtime client of a function writes.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{
    runtime::{lambda_variables, peak_memory},
    template::Function,
    workload::Workload,
};

/// The variable that makes [`Process::start`] count instructions, with the file for the counts.
pub const CALLGRIND_OUT: &str = "CALLGRIND_OUT";

/// A running process.
pub struct Process {
    began: Instant,
    child: Child,
    calls: mpsc::Receiver<Call>,
    next: Option<(Instant, TcpStream)>,
}

/// The outcome of an invocation.
pub struct Outcome {
    /// The time from sending the event to the last byte of the response.
    pub took: Duration,
    /// The function's result.
    pub payload: Vec<u8>,
}

impl Outcome {
    /// Panics unless the invocation of `function` succeeded.
    pub fn assert_success(&self, function: &Function) {
        let text = String::from_utf8_lossy(&self.payload);
        assert!(Workload::is_expected(function, self.status()), "{}: {text}", function.name);
    }

    /// Returns the HTTP status, or 200 for a function without HTTP.
    pub fn status(&self) -> u64 {
        let payload: Value = serde_json::from_slice(&self.payload).expect("a function returns JSON");
        payload.get("statusCode").map_or(200, |status| status.as_u64().expect("a status is a number"))
    }
}

/// A call of the process, with its time.
enum Call {
    Next(Instant, TcpStream),
    Done(Instant, Vec<u8>),
    Failed(Vec<u8>),
}

impl Process {
    /// Starts `executable` as `function`, with `variables` in addition to the template's. With [`CALLGRIND_OUT`] among
    /// them, runs it in callgrind.
    pub fn start<'a>(
        executable: &Path,
        function: &Function,
        variables: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        let code = executable.parent().expect("an executable is in a folder");
        let variables: Vec<_> = variables.collect();
        let counts = variables.iter().find(|(name, _)| *name == CALLGRIND_OUT);
        let mut command =
            counts.map_or_else(|| Command::new(executable), |(_, file)| callgrind(executable, file));
        command
            .env_clear()
            .envs(lambda_variables(function, &address.to_string(), code))
            .envs(&function.environment)
            .envs(variables)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let (sender, calls) = mpsc::channel();
        thread::spawn(move || accept(&listener, &sender));
        let began = Instant::now();
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { began, child, calls, next: None }
    }

    /// Returns the time from the start of the process to its first request for an event.
    pub fn first_poll(&mut self) -> Duration {
        let began = self.began;
        self.idle().duration_since(began)
    }

    /// Sends `event` and waits for the response. Panics if there is none.
    pub fn invoke(&mut self, event: &[u8]) -> Outcome {
        self.idle();
        let (_, mut stream) = self.next.take().expect("it is idle");
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             lambda-runtime-aws-request-id: 00000000-0000-4000-8000-000000000001\r\n\
             lambda-runtime-deadline-ms: 4102444800000\r\n\
             lambda-runtime-invoked-function-arn: arn:aws:lambda:eu-central-1:123456789012:function:it\r\n\r\n",
            event.len()
        );
        let message = [head.as_bytes(), event].concat();
        let handed_over = Instant::now();
        stream.write_all(&message).expect("the process reads the event");
        let (at, payload) = match self.calls.recv() {
            Ok(Call::Done(at, payload)) => (at, payload),
            Ok(Call::Failed(error)) => panic!("{}", String::from_utf8_lossy(&error)),
            Ok(Call::Next(..)) | Err(_) => panic!("the process did not answer"),
        };
        Outcome { took: at.duration_since(handed_over), payload }
    }

    /// Waits until it is idle, and ends it by SIGTERM, so that callgrind writes its counts.
    pub fn terminate(mut self) {
        self.idle();
        let kill = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(kill.is_ok_and(|status| status.success()), "the process is running");
        self.child.wait().expect("it was started");
    }

    /// Returns the peak resident memory, in MiB (Linux).
    pub fn peak_memory(&self) -> f64 {
        let peak = peak_memory(self.child.id()).expect("the process is running, on Linux");
        peak as f64 / 1024.0
    }

    /// Returns the processor time so far.
    pub fn cpu(&self) -> Duration {
        cpu(self.child.id())
    }

    /// Waits until the process requests an event. Returns that moment.
    pub fn idle(&mut self) -> Instant {
        if self.next.is_none() {
            match self.calls.recv() {
                Ok(Call::Next(at, stream)) => self.next = Some((at, stream)),
                Ok(Call::Done(..) | Call::Failed(_)) | Err(_) => {
                    panic!("the process did not ask for an event")
                }
            }
        }
        self.next.as_ref().expect("it is idle").0
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the processor time of all threads of a running process so far (Linux).
pub fn cpu(process: u32) -> Duration {
    let threads = fs::read_dir(format!("/proc/{process}/task"));
    let threads = threads.expect("the process is running, on Linux").filter_map(Result::ok);
    let nanoseconds = threads.filter_map(|thread| {
        let text = fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

/// Returns the command that runs `executable` and counts its instructions into `file`.
fn callgrind(executable: &Path, file: &str) -> Command {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--quiet", &format!("--callgrind-out-file={file}")]).arg(executable);
    command
}

fn accept(listener: &TcpListener, calls: &mpsc::Sender<Call>) {
    while let Ok((stream, _)) = listener.accept() {
        let calls = calls.clone();
        thread::spawn(move || serve(stream, &calls));
    }
}

/// Handles the requests of one connection until it closes.
fn serve(stream: TcpStream, calls: &mpsc::Sender<Call>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    loop {
        let (mut target, mut length) = (String::new(), 0);
        reader.read_line(&mut target).ok().filter(|bytes| *bytes > 0)?;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok().filter(|bytes| *bytes > 0)?;
            if line == "\r\n" {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().ok()?;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let at = Instant::now();
        if target.contains("/invocation/next ") {
            calls.send(Call::Next(at, stream.try_clone().ok()?)).ok()?;
        } else {
            (&stream).write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").ok()?;
            let is_done = target.contains("/response ");
            calls.send(if is_done { Call::Done(at, body) } else { Call::Failed(body) }).ok()?;
        }
    }
}
