//! AWS, which moto emulates on a port of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::{Value, json};

use super::app::Builder;

/// The key with which functions sign requests to AWS; no log may contain it.
pub const SECRET_ACCESS_KEY: &str = "hush-hush";

/// A temporary emulator.
pub struct Aws {
    _server: Arc<Server>,
    /// Its URL.
    pub url: String,
    /// The end of the names of secrets and buckets.
    suffix: String,
}

/// A process of moto. It stops when its standard input ends, at the latest with this process.
struct Server {
    _process: Child,
    url: String,
}

impl Server {
    fn start() -> Self {
        let tools = xtask::root().join("infra/local/tools.py");
        let mut process = Command::new("sh")
            // `read` waits until standard input ends.
            .args(["-c", r#""$@" 2>&1 & read -r _; kill $!"#, "sh", "python3"])
            .arg(tools)
            .args(["moto", "--", "moto_server", "--host=127.0.0.1", "--port=0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh is installed");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let url = lines.by_ref().find_map(|line| {
            let url = line.trim().strip_prefix("* Running on ").map(str::to_owned);
            url.is_none().then(|| eprintln!("{line}"));
            url
        });
        // It also prints each request.
        thread::spawn(|| lines.for_each(drop));
        Self { _process: process, url: url.expect("moto starts; its output is above") }
    }
}

impl Aws {
    /// Starts an emulator, and installs moto the first time.
    pub fn start() -> Self {
        Self::of(Arc::new(Server::start()), String::new())
    }

    /// Returns the emulator of tests at the same time, which differ in their secrets and buckets only.
    pub fn shared() -> Self {
        static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        static USES: AtomicUsize = AtomicUsize::new(0);
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let server = shared.upgrade().unwrap_or_else(|| Arc::new(Server::start()));
        *shared = Arc::downgrade(&server);
        Self::of(server, format!("-{}", USES.fetch_add(1, Ordering::Relaxed)))
    }

    fn of(server: Arc<Server>, suffix: String) -> Self {
        Self { url: server.url.clone(), _server: server, suffix }
    }

    /// Creates a secret and returns its ARN.
    pub fn create_secret(&self, name: &str, value: &str) -> String {
        let name = format!("{name}{}", self.suffix);
        let secret = self.secrets_manager("CreateSecret", &json!({ "Name": name, "SecretString": value }));
        secret["ARN"].as_str().expect("a secret has an ARN").to_owned()
    }

    /// Creates a bucket and returns its name.
    pub fn create_bucket(&self, name: &str) -> String {
        let name = format!("{name}{}", self.suffix);
        self.call("PUT", &format!("/{name}"), "us-east-1/s3", "", b"");
        name
    }

    /// Configures the app's functions to use this emulator.
    pub fn used_by(&self, app: Builder) -> Builder {
        let app = app.env("AWS_ENDPOINT_URL", &self.url).env("AWS_ACCESS_KEY_ID", "test");
        app.env("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY)
    }

    /// Calls Secrets Manager.
    pub fn secrets_manager(&self, operation: &str, arguments: &Value) -> Value {
        let headers = format!(
            "X-Amz-Target: secretsmanager.{operation}\r\nContent-Type: application/x-amz-json-1.1\r\n"
        );
        let answer =
            self.call("POST", "/", "eu-central-1/secretsmanager", &headers, arguments.to_string().as_bytes());
        serde_json::from_slice(&answer).expect("an answer is JSON")
    }

    /// Calls a service, named with its region (`eu-central-1/ses`); `headers` are whole lines. Returns the body of the
    /// response. Panics if it fails.
    pub fn call(&self, method: &str, path: &str, service: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let host = self.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).expect("moto listens");
        // moto reads the service from the signature, which it does not verify.
        write!(
            connection,
            "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {}\r\n{headers}\
             Authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{service}/aws4_request, \
             SignedHeaders=host, Signature=none\r\n\r\n",
            body.len()
        )
        .expect("moto listens");
        connection.write_all(body).expect("moto listens");
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).expect("moto answers");
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("there are headers");
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        assert!(head.split(' ').nth(1) == Some("200"), "{method} {path}: {head}");
        answer.split_off(end + 4)
    }
}
