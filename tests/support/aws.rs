//! AWS as moto plays it, on a port of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::app::Builder;

/// What a function signs with; no log may show it.
pub const SECRET_ACCESS_KEY: &str = "hush-hush";

/// A throwaway AWS. It ends when its standard input does, which is at the latest with this process.
pub struct Aws {
    _process: Child,
    /// Where it answers.
    pub url: String,
}

impl Aws {
    /// Starts it; the first time on a machine this installs moto.
    pub fn start() -> Self {
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("infra/local");
        let mut process = Command::new("python3")
            .arg(scripts.join("tools.py"))
            .args(["moto", "--", "python"])
            .arg(scripts.join("aws.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 is installed");
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(url.starts_with("http://"), "moto did not start and says why on standard error");
        Self { _process: process, url: url.trim().to_owned() }
    }

    /// An app whose functions find this AWS.
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

    /// Calls a service, named with its region (`eu-central-1/ses`); `headers` are whole lines. The answer's body; panics where it is no success.
    pub fn call(&self, method: &str, path: &str, service: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let host = self.url.trim_start_matches("http://");
        let mut connection = TcpStream::connect(host).expect("moto listens");
        // moto takes the service from the signature, which it does not check.
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
