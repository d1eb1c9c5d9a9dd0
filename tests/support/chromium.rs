//! A headless Chromium, which reads commands of the DevTools protocol from a pipe and writes responses and events to
//! another.

use std::{
    collections::HashMap,
    env,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

/// The names under which distributions install the browser.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Installs it on Debian, and fails elsewhere or without the right to.
const INSTALL: &str = "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; \
     apt-get install -qq --yes --no-install-recommends chromium";

/// The browser. It stops when this value is dropped.
pub struct Chromium {
    process: Child,
    _profile: TempDir,
    input: Mutex<Input>,
    listeners: Arc<Mutex<Listeners>>,
}

struct Input {
    pipe: ChildStdin,
    sent: u64,
}

/// Who waits for messages of the browser.
#[derive(Default)]
struct Listeners {
    /// By the id of the command.
    results: HashMap<u64, oneshot::Sender<Value>>,
    /// By the id of the session.
    events: HashMap<String, mpsc::UnboundedSender<Value>>,
}

impl Chromium {
    /// Starts the browser. Prints the reason and returns `None` on a machine without one that cannot install one.
    pub fn start() -> Option<Self> {
        let program = program()?;
        let profile = tempfile::tempdir().expect("the folder for temporary files is writable");
        let mut process = Command::new("sh")
            // The browser reads commands from file descriptor 3 and writes responses and events to 4.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#, program])
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args([
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"])
            // Tabs behind others are as fast as those in front.
            .args(["--disable-background-timer-throttling", "--disable-renderer-backgrounding"])
            .arg("--disable-backgrounding-occluded-windows")
            // Keeps the browser from connecting to other hosts, which none of the pages needs.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh is installed");
        let (Some(pipe), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            panic!("the browser's pipes are unusable")
        };
        let listeners = Arc::default();
        let deliver = Arc::clone(&listeners);
        // A thread, because the runtime of a test ends with it.
        thread::spawn(move || read(output, &deliver));
        Some(Self { process, _profile: profile, input: Mutex::new(Input { pipe, sent: 0 }), listeners })
    }

    /// Sends a command to a tab or to the browser itself, and returns the result. Panics if the browser rejects it.
    pub async fn call(&self, session: Option<&str>, method: &str, params: Value) -> Value {
        let message = self.send(session, method, &params).await.expect("the browser has ended");
        assert_eq!(message.get("error"), None, "{method} {params}");
        message["result"].clone()
    }

    /// Sends a command, and returns where its response will arrive.
    pub fn send(&self, session: Option<&str>, method: &str, params: &Value) -> oneshot::Receiver<Value> {
        let (result, arrives) = oneshot::channel();
        let mut input = lock(&self.input);
        input.sent += 1;
        let mut command = json!({"id": input.sent, "method": method, "params": params});
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        lock(&self.listeners).results.insert(input.sent, result);
        if input.pipe.write_all(format!("{command}\0").as_bytes()).is_err() {
            // The browser has ended, so nothing will arrive.
            lock(&self.listeners).results.remove(&input.sent);
        }
        arrives
    }

    /// Returns where the events of a tab will arrive.
    pub fn events(&self, session: &str) -> mpsc::UnboundedReceiver<Value> {
        let (events, arrive) = mpsc::unbounded_channel();
        lock(&self.listeners).events.insert(session.to_owned(), events);
        arrive
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Delivers the messages of the browser until it ends.
fn read(output: ChildStdout, listeners: &Mutex<Listeners>) {
    for message in BufReader::new(output).split(0) {
        let Ok(message) = message else { break };
        let message: Value = serde_json::from_slice(&message).expect("a message is JSON");
        let mut listeners = lock(listeners);
        if let Some(result) = message["id"].as_u64().and_then(|id| listeners.results.remove(&id)) {
            let _ = result.send(message);
        } else if let Some(events) = message["sessionId"].as_str().and_then(|id| listeners.events.get(id)) {
            let _ = events.send(message);
        }
    }
    *lock(listeners) = Listeners::default();
}

fn lock<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the browser, `CHROMIUM` or one in the PATH, which the first call installs on Debian if it is missing. Panics
/// if none can be installed in the hosted workflow or for screenshots.
fn program() -> Option<&'static str> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let find = || {
        let named = env::var("CHROMIUM").ok();
        let names =
            named.as_ref().map_or_else(|| NAMES.map(str::to_owned).to_vec(), |name| vec![name.clone()]);
        let present = || names.iter().find(|name| succeeds(Command::new(name).arg("--version"))).cloned();
        let mut found = present();
        if found.is_none() && named.is_none() && succeeds(Command::new("sh").args(["-c", INSTALL])) {
            found = present();
        }
        if found.is_none() {
            let advice = "install Chromium (on Debian: apt install chromium) or set CHROMIUM to its path";
            let is_needed = ["GITHUB_ACTIONS", "SCREENSHOTS"].iter().any(|name| env::var_os(name).is_some());
            assert!(!is_needed, "no browser was found; {advice}");
            // Bypasses the capture of test output, so that a skipped test does not look like a passed one.
            let _ = writeln!(std::io::stderr(), "SKIPPED: the tests in a browser; {advice}");
        }
        found
    };
    PROGRAM.get_or_init(find).as_deref()
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
