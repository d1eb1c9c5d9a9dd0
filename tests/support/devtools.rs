//! The [DevTools protocol](https://chromedevtools.github.io/devtools-protocol/), spoken with a headless Chromium
//! over its pipes.

use std::{
    io::Write,
    path::Path,
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

/// How long the browser may take for one command, and so a page to show what a test waits for.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A browser with one tab. It ends with this value.
pub struct DevTools {
    process: Child,
    _profile: TempDir,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    session: Option<Value>,
    sent: u64,
    /// What the browser told of its own accord so far.
    pub events: Vec<Value>,
}

impl DevTools {
    /// Starts one. `None`, and a line that says why, on a machine that has none and cannot install one.
    pub async fn start() -> Option<Self> {
        let program = program()?;
        let profile = tempfile::tempdir().expect("the folder for temporary files is writable");
        let mut process = Command::new("sh")
            // The browser reads commands from file 3 and writes what happens to file 4.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#, program])
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args([
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args(["--disable-sync", "--no-first-run", "--hide-scrollbars", "--force-color-profile=srgb"])
            // No page of ours asks for anything from another host, and the browser itself shall not either.
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

    /// Sends a command and gives its result. Panics when the browser refuses it or takes too long.
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

/// The path of the browser, found or installed by the first test that wants one.
fn program() -> Option<&'static str> {
    static PROGRAM: OnceLock<Option<String>> = OnceLock::new();
    let find = || {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/local/browser.py");
        let found =
            Command::new("python3").arg(script).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
        let found = found.expect("python3 is installed");
        if !found.status.success() {
            // Not captured, as what tests print is: a test that is skipped must not look like one that passed.
            let _ = writeln!(std::io::stderr(), "SKIPPED: what is tested in a browser, for the reason above");
            return None;
        }
        Some(String::from_utf8(found.stdout).expect("a path is text").trim().to_owned())
    };
    PROGRAM.get_or_init(find).as_deref()
}
