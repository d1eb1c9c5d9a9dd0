//! Sends requests to the local API.

use std::{sync::mpsc, thread, time::Duration};

use minreq::{Method, Request};
use serde_json::{Value, json};

use crate::{
    interrupt,
    problem::{Problem, Result},
    settings,
};

/// The address of this machine.
pub const LOCALHOST: &str = "127.0.0.1";
/// The seconds to wait for a function's response.
const ANSWER: u64 = 900;

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
    // A server that is ending gives an empty body.
    let result = serde_json::from_slice(&body).map_err(|_| no_answer(&Method::Post, &path))?;
    Ok(if status == 200 { Ok(result) } else { Err(result) })
}

/// Requests a path, and returns the status and body of the response. Fails without one.
pub fn get(host: &str, port: u16, path: &str) -> Result<(u16, Vec<u8>)> {
    request(Method::Get, host, port, path, String::new())
}

fn request(method: Method, host: &str, port: u16, path: &str, body: String) -> Result<(u16, Vec<u8>)> {
    let no_answer = no_answer(&method, path);
    let request = Request::new(method, format!("http://{host}:{port}{path}"));
    let request = request.with_body(body).with_timeout(ANSWER).with_follow_redirects(false);
    let (sender, receiver) = mpsc::channel();
    // In a thread, which a signal can leave behind.
    thread::spawn(move || sender.send(request.send()));
    let response = loop {
        match receiver.recv_timeout(Duration::from_millis(50)) {
            Err(mpsc::RecvTimeoutError::Timeout) => interrupt::check()?,
            response => break response.ok().and_then(std::result::Result::ok),
        }
    };
    let response = response.ok_or(no_answer)?;
    Ok((response.status_code, response.into_bytes()))
}

fn no_answer(method: &Method, path: &str) -> Problem {
    Problem::new(format!("no answer to {method} {path}: the function or its server has ended."))
}
