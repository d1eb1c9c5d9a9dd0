//! Sends requests to the local API.

use std::{io::ErrorKind, sync::mpsc, thread, time::Duration};

use minreq::{Error, Method, Request};
use serde_json::{Value, json};

use crate::{
    interrupt,
    problem::{Problem, Result},
    settings,
};

/// The address of this machine.
pub const LOCALHOST: &str = "127.0.0.1";
/// The seconds to wait for a function's response.
const TIMEOUT: u64 = 900;
const ENDED: &str = "the function or its server has ended";

/// Invokes a function with a JSON event, and returns its JSON result, or the error that it reports. Fails without a
/// response.
pub fn invoke(
    host: &str,
    port: u16,
    function: &str,
    event: &Value,
) -> Result<std::result::Result<Value, Value>> {
    let event = json!({"key": settings::invocation_key()?, "event": event});
    let path = format!("/2015-03-31/functions/{function}/invocations");
    let (status, body) = request(Method::Post, host, port, &path, event.to_string())?;
    result(&path, status, &body)
}

fn result(path: &str, status: u16, body: &[u8]) -> Result<std::result::Result<Value, Value>> {
    match serde_json::from_slice(body) {
        Ok(result) if status == 200 => Ok(Ok(result)),
        Ok(error) => Ok(Err(error)),
        // A server that is ending gives an empty body.
        Err(_) if body.is_empty() => Err(no_response(&format!("POST {path}"), ENDED)),
        Err(_) => {
            let body = String::from_utf8_lossy(body);
            Err(Problem::new(format!("POST {path} responds with {status}: {body}")))
        }
    }
}

/// Requests a path, and returns the status and body of the response. Fails without one.
pub fn get(host: &str, port: u16, path: &str) -> Result<(u16, Vec<u8>)> {
    request(Method::Get, host, port, path, String::new())
}

fn request(method: Method, host: &str, port: u16, path: &str, body: String) -> Result<(u16, Vec<u8>)> {
    let name = format!("{method} {path}");
    let request = Request::new(method, format!("http://{host}:{port}{path}"));
    let request = request.with_body(body).with_timeout(TIMEOUT).with_follow_redirects(false);
    let (sender, receiver) = mpsc::channel();
    // In a thread, which a signal can leave behind.
    thread::spawn(move || sender.send(request.send()));
    let response = loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Err(mpsc::RecvTimeoutError::Timeout) => interrupt::check()?,
            response => break response.map_err(|_| no_response(&name, ENDED))?,
        }
    };
    let response = response.map_err(|error| match error {
        Error::IoError(error) if matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
            no_response(&name, &format!("none came in {TIMEOUT} seconds, and the function may still run"))
        }
        Error::IoError(_) => no_response(&name, ENDED),
        other => no_response(&name, &other.to_string()),
    })?;
    Ok((response.status_code, response.into_bytes()))
}

fn no_response(name: &str, reason: &str) -> Problem {
    Problem::new(format!("no response to {name}: {reason}."))
}

#[cfg(test)]
mod tests {
    use std::{
        io::{self, Write},
        net::{Shutdown, TcpListener},
    };

    use super::*;

    /// Returns the problem of an event to a server that sends these bytes and closes the connection.
    fn problem(response: &'static str) -> String {
        let server = TcpListener::bind((LOCALHOST, 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut client, _) = server.accept().unwrap();
            client.write_all(response.as_bytes()).unwrap();
            client.shutdown(Shutdown::Write).unwrap();
            io::copy(&mut client, &mut io::sink()).unwrap();
        });
        let path = "/2015-03-31/functions/manage/invocations";
        request(Method::Post, LOCALHOST, port, path, "{}".to_owned())
            .and_then(|(status, body)| result(path, status, &body))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn missing_response_is_reported_as_what_it_is() {
        let ended = "no response to POST /2015-03-31/functions/manage/invocations: the function or its server has ended.";
        assert_eq!(problem("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"), ended);
        let other = problem("HTTP/1.1 404 Not Found\r\ncontent-length: 7\r\n\r\n<html/>");
        assert_eq!(other, "POST /2015-03-31/functions/manage/invocations responds with 404: <html/>");
        let server = TcpListener::bind((LOCALHOST, 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        drop(server);
        assert_eq!(
            get(LOCALHOST, port, "/").unwrap_err().to_string(),
            ended.replace("POST /2015-03-31/functions/manage/invocations", "GET /")
        );
    }
}
