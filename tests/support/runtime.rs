//! An execution environment: a process of a function, with its own Runtime API.

use std::{
    ffi::OsString,
    fs::{self, File},
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::Stdio,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::Deserialize;
use tokio::{
    process::{Child, Command},
    sync::mpsc,
    task::AbortHandle,
    time::timeout,
};

use super::{
    gateway::unique_id,
    runtime_api::{Call, Event, runtime_api},
    template::Function,
};

/// The time in which a process must request its first event.
const MAX_INIT: Duration = Duration::from_secs(10);

/// A fake access key for the role of every function.
const ACCESS_KEY_ID: &str = "ASIATESTTESTTESTTEST";

/// The error of an invocation, as Lambda reports it.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FunctionError {
    /// The kind of error; `Sandbox.Timedout` and `Runtime.ExitError` are Lambda's own.
    pub error_type: String,
    /// The message.
    pub error_message: String,
}

impl FunctionError {
    fn new(kind: &str, message: impl Into<String>) -> Self {
        Self { error_type: kind.to_owned(), error_message: message.into() }
    }

    /// Reads the error that a process reports, in any form.
    pub(super) fn reported(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_else(|_| Self::new("Unhandled", String::from_utf8_lossy(body)))
    }

    fn exit(status: std::io::Result<std::process::ExitStatus>) -> Self {
        let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
        Self::new("Runtime.ExitError", format!("Runtime exited with error: {status}"))
    }

    fn timeout(limit: Duration) -> Self {
        Self::new("Sandbox.Timedout", format!("Task timed out after {:.2} seconds", limit.as_secs_f64()))
    }

    /// Returns the error of a function at its limit of concurrency.
    pub(super) fn throttled() -> Self {
        Self::new("TooManyRequestsException", "Rate Exceeded.")
    }

    /// Returns whether the function did not run because of its limit of concurrency. API Gateway responds 500.
    pub fn is_throttled(&self) -> bool {
        self.error_type == "TooManyRequestsException"
    }

    /// Returns whether the function timed out.
    pub fn is_timeout(&self) -> bool {
        self.error_type == "Sandbox.Timedout"
    }
}

/// A running process of a function.
pub struct Environment {
    arn: String,
    process: Child,
    calls: mpsc::UnboundedReceiver<Call>,
    api: AbortHandle,
    usable: bool,
    served: bool,
}

impl Environment {
    /// Starts the executable of `function` in `executables`, with the variables of Lambda, those of the function, and
    /// those of `environment`, which have priority. Its output goes to the file `log`.
    ///
    /// Panics if the executable does not exist.
    pub fn start<'a>(
        function: &Function,
        executables: &Path,
        environment: impl IntoIterator<Item = (&'a String, &'a String)>,
        log: &Path,
    ) -> Self {
        let (sender, calls) = mpsc::unbounded_channel();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a test runs on Tokio");
        let api =
            tokio::spawn(async move { axum::serve(listener, runtime_api(sender)).await }).abort_handle();

        let output = File::create(log).expect("the folder of the logs is writable");
        let executable = executables.join(&function.executable);
        let process = Command::new(&executable)
            .env_clear()
            .envs(lambda_variables(function, &address.to_string(), executables))
            .envs(&function.environment)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file has more than one handle"))
            .stderr(output)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "{} does not start: {error}. Does Cargo.toml have a [[bin]] of that name?",
                    executable.display()
                )
            });
        let arn = format!("arn:aws:lambda:eu-central-1:123456789012:function:{}", function.name);
        Self { arn, process, calls, api, usable: true, served: false }
    }

    /// Returns the [`peak_memory`] of its process. Panics if the process has ended.
    pub fn peak_memory(&self) -> u64 {
        self.process.id().and_then(peak_memory).expect("the process is running, on Linux")
    }

    /// Returns whether it can handle another invocation.
    pub fn is_usable(&mut self) -> bool {
        self.usable && matches!(self.process.try_wait(), Ok(None))
    }

    /// Sends `payload` to the process and waits for its result, at most `limit` after it has the event.
    pub async fn invoke(&mut self, payload: Vec<u8>, limit: Duration) -> Result<Vec<u8>, FunctionError> {
        self.usable = false;
        let init = if self.served { limit } else { MAX_INIT };
        let next = match timeout(init, self.call()).await {
            Ok(Ok(Call::Next(next))) => next,
            Ok(Ok(Call::InitError(error)) | Err(error)) => return Err(error),
            Ok(Ok(Call::Done { .. })) => return Err(out_of_turn()),
            Err(_) => return Err(FunctionError::timeout(init)),
        };
        self.served = true;

        let id = unique_id();
        let deadline = SystemTime::now() + limit;
        let event = Event {
            id: id.clone(),
            arn: self.arn.clone(),
            deadline_ms: deadline.duration_since(UNIX_EPOCH).expect("the clock is past 1970").as_millis(),
            payload,
        };
        // The wait below detects a process that has ended.
        let _ = next.send(event);
        match timeout(limit, self.call()).await {
            Ok(Ok(Call::Done { id: done, outcome })) if done == id => {
                self.usable = true;
                outcome
            }
            Ok(Ok(_)) => Err(out_of_turn()),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(FunctionError::timeout(limit)),
        }
    }

    /// Waits for the next call of the process. Fails if it ends.
    async fn call(&mut self) -> Result<Call, FunctionError> {
        tokio::select! {
            biased;
            Some(call) = self.calls.recv() => Ok(call),
            status = self.process.wait() => Err(FunctionError::exit(status)),
        }
    }
}

impl Drop for Environment {
    fn drop(&mut self) {
        self.api.abort();
    }
}

fn out_of_turn() -> FunctionError {
    FunctionError::new("Runtime.InvalidRequest", "the process called the Runtime API out of turn")
}

/// Returns the peak resident memory of a running process, in KiB, or `None` if it has ended or the system is not Linux.
pub fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    peak.trim().strip_suffix(" kB")?.parse().ok()
}

/// The variables that Lambda documents for OS-only runtimes, without `LD_LIBRARY_PATH`, which the functions do not need,
/// and without those of unused features.
pub const DOCUMENTED: [&str; 21] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_XRAY_CONTEXT_MISSING",
    "AWS_XRAY_DAEMON_ADDRESS",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "PATH",
    "TZ",
    "_HANDLER",
];

/// Returns the variables that Lambda sets for every function of an OS-only runtime
/// ([AWS](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html)), with the address of the Runtime API
/// and the folder of the code. Lambda does not set `AWS_EXECUTION_ENV` and `_X_AMZN_TRACE_ID` for these runtimes.
pub fn lambda_variables(function: &Function, api: &str, code: &Path) -> [(&'static str, OsString); 21] {
    let text = |value: &str| OsString::from(value);
    [
        ("AWS_ACCESS_KEY", text(ACCESS_KEY_ID)),
        ("AWS_ACCESS_KEY_ID", text(ACCESS_KEY_ID)),
        ("AWS_DEFAULT_REGION", text("eu-central-1")),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", function.memory.to_string().into()),
        ("AWS_LAMBDA_FUNCTION_NAME", text(&function.name)),
        ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", text("on-demand")),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{}", function.name).into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", format!("2026/01/01/[$LATEST]{}", unique_id()).into()),
        ("AWS_LAMBDA_RUNTIME_API", text(api)),
        ("AWS_REGION", text("eu-central-1")),
        ("AWS_SECRET_ACCESS_KEY", text("of the function's role")),
        ("AWS_SESSION_TOKEN", text("of the function's role")),
        ("AWS_XRAY_CONTEXT_MISSING", text("LOG_ERROR")),
        ("AWS_XRAY_DAEMON_ADDRESS", text("169.254.100.1:2000")),
        ("LAMBDA_RUNTIME_DIR", text("/var/runtime")),
        ("LAMBDA_TASK_ROOT", code.into()),
        ("LANG", text("en_US.UTF-8")),
        // The machine's own, because fake functions are programs on it.
        ("PATH", std::env::var_os("PATH").unwrap_or_default()),
        ("TZ", text(":UTC")),
        ("_HANDLER", text("bootstrap")),
    ]
}
