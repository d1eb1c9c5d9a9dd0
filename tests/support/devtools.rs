//! Controls a headless Chromium by the [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/) over
//! pipes.

use std::{
    env,
    io::Write,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{ChildStdin, ChildStdout},
    time::timeout,
};

/// The names under which distributions install the browser.
const NAMES: [&str; 5] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/// Installs it on Debian, and fails elsewhere or without the right to.
const INSTALL: &str = "export DEBIAN_FRONTEND=noninteractive; apt-get update -qq; \
     apt-get install -qq --yes --no-install-recommends chromium";
/// The timeout of a command, and of waiting for a change of the page.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one tab. It stops when this value is dropped.
pub struct DevTools {
    process: Child,
    _profile: TempDir,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<Value>,
    sent: u64,
    /// The events of the browser so far.
    pub events: Vec<Value>,
}

impl DevTools {
    /// Starts a browser. Prints the reason and returns `None` on a machine without one that cannot install one.
    pub async fn start() -> Option<Self> {
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
            // Keeps the browser from connecting to other hosts, which none of the pages needs.
            .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh is installed");
        let input = process.stdin.take().and_then(|pipe| ChildStdin::from_std(pipe).ok());
        let output = process.stdout.take().and_then(|pipe| ChildStdout::from_std(pipe).ok());
        let (Some(input), Some(output)) = (input, output) else { panic!("the browser's pipes are unusable") };
        let output = BufReader::new(output);
        let (session, sent, events) = (None, 0, Vec::new());
        let mut browser = Self { process, _profile: profile, input, output, session, sent, events };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"})).await;
        let target = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", target).await;
        browser.session = Some(session["sessionId"].clone());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        Some(browser)
    }

    /// Sends a command and returns its result. Panics if the browser rejects it or takes too long.
    pub async fn call(&mut self, method: &str, params: Value) -> Value {
        let outcome = timeout(TIMEOUT, self.exchange(method, &params)).await;
        outcome.unwrap_or_else(|_| panic!("the browser did not finish {method} {params}"))
    }

    async fn exchange(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = session.clone();
        }
        self.input.write_all(format!("{command}\0").as_bytes()).await.expect("the browser listens");
        loop {
            let mut message = Vec::new();
            self.output.read_until(0, &mut message).await.expect("the browser answers");
            assert_eq!(message.pop(), Some(0), "the browser has ended");
            let message: Value = serde_json::from_slice(&message).expect("a message is JSON");
            if message["id"] == json!(self.sent) {
                assert_eq!(message.get("error"), None, "{method} {params}");
                return message["result"].clone();
            }
            self.events.push(message);
        }
    }
}

impl Drop for DevTools {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the browser, `CHROMIUM` or one in the PATH, which the first call installs on Debian if it is missing.
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
            // Bypasses the capture of test output, so that a skipped test does not look like a passed one.
            let advice = "install Chromium (on Debian: apt install chromium) or set CHROMIUM to its path";
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
