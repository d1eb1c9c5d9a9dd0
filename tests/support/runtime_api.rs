//! Serves the Runtime API, the HTTP interface between Lambda and a function's process
//! (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>).
//!
//! Every environment has its own port, so that an event reaches the right process.

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use tokio::sync::{mpsc, oneshot};

use super::runtime::FunctionError;

/// The largest event and the largest response, in bytes.
pub const MAX_PAYLOAD: usize = 6 * 1024 * 1024;

/// A call of the Runtime API.
pub enum Call {
    /// Requests the next event.
    Next(oneshot::Sender<Event>),
    /// Reports the outcome of the invocation `id`.
    Done { id: String, outcome: Result<Vec<u8>, FunctionError> },
    /// Reports an error at startup.
    InitError(FunctionError),
}

/// An invocation.
pub struct Event {
    /// Its request id.
    pub id: String,
    /// The function's ARN.
    pub arn: String,
    /// Its deadline, in milliseconds since 1970.
    pub deadline_ms: u128,
    /// The event in JSON.
    pub payload: Vec<u8>,
}

type Calls = State<mpsc::UnboundedSender<Call>>;

/// Returns the router of the interface, which sends the calls of the process to `calls`.
pub fn runtime_api(calls: mpsc::UnboundedSender<Call>) -> Router {
    let routes = Router::new()
        .route("/invocation/next", get(next))
        .route("/invocation/{id}/response", post(response))
        .route("/invocation/{id}/error", post(error))
        .route("/init/error", post(init_error));
    Router::new()
        .nest("/2018-06-01/runtime", routes)
        .layer(DefaultBodyLimit::max(MAX_PAYLOAD))
        .with_state(calls)
}

async fn next(State(calls): Calls) -> Response {
    let (sender, event) = oneshot::channel();
    let _ = calls.send(Call::Next(sender));
    // The environment and the process are shutting down.
    let Ok(event) = event.await else { return StatusCode::GONE.into_response() };
    let headers = [
        ("content-type", String::from("application/json")),
        ("lambda-runtime-aws-request-id", event.id),
        ("lambda-runtime-deadline-ms", event.deadline_ms.to_string()),
        ("lambda-runtime-invoked-function-arn", event.arn),
        ("lambda-runtime-trace-id", String::from("Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0")),
    ];
    (headers, event.payload).into_response()
}

async fn response(State(calls): Calls, Path(id): Path<String>, body: Bytes) -> StatusCode {
    accept(&calls, Call::Done { id, outcome: Ok(body.into()) })
}

async fn error(State(calls): Calls, Path(id): Path<String>, body: Bytes) -> StatusCode {
    accept(&calls, Call::Done { id, outcome: Err(FunctionError::reported(&body)) })
}

async fn init_error(State(calls): Calls, body: Bytes) -> StatusCode {
    accept(&calls, Call::InitError(FunctionError::reported(&body)))
}

fn accept(calls: &mpsc::UnboundedSender<Call>, call: Call) -> StatusCode {
    let _ = calls.send(call);
    StatusCode::ACCEPTED
}
