//! Functions without HTTP: a plain JSON event says what to do, a JSON answer says what was done.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::{Instant, SystemTime},
};

use lambda_http::{
    LambdaEvent,
    lambda_runtime::{self, Diagnostic},
    service_fn,
};
use serde_json::{Value, value::RawValue};
use tokio::sync::OnceCell;
use tracing::Instrument;

use crate::{
    config::ConfigError,
    deadline::deadline,
    guard::guard,
    invocation_key::InvocationKey,
    json::Json,
    logging::{self, milliseconds},
    trace::trace_id,
};

/// A function that is invoked directly: by a person, a schedule or a deployment.
pub trait Operation: Sized + 'static {
    /// Reads the settings and opens what the operation works with. When this fails, the invocation answers
    /// the error and the next one tries again.
    fn start() -> impl Future<Output = Result<Self, ConfigError>>;

    /// Does what `event` asks for, and says what it did. `deadline` is when Lambda ends the process; shortly
    /// before, the work is dropped and an error answered in its place.
    fn run(
        &self,
        event: Json<'_>,
        deadline: SystemTime,
    ) -> impl Future<Output = Result<Value, OperationError>>;
}

/// Why an operation failed, in a sentence for whoever invoked it (`errorMessage`).
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// The event asks for something that does not exist.
    #[error("{0}")]
    InvalidEvent(String),
    /// The event is right and what it asks for cannot be done.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for OperationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(match error {
            sqlx::Error::Database(error) => format!("The database refused: {}.", error.message()),
            sqlx::Error::Io(error) => format!("The database cannot be reached: {error}."),
            error => format!("The database failed: {error}."),
        })
    }
}

impl From<OperationError> for Diagnostic {
    fn from(error: OperationError) -> Self {
        let error_type = match error {
            OperationError::InvalidEvent(_) => "InvalidEvent",
            OperationError::Failed(_) => "Failed",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// Starts `O` and serves invocations until Lambda ends the process.
///
/// Fails only when the Lambda Runtime API cannot be reached.
pub async fn serve_operation<O: Operation>() -> Result<(), lambda_http::Error> {
    logging::start();
    let (operation, warm) = (&OnceCell::<O>::new(), &AtomicBool::new(false));
    let key = &InvocationKey::read();
    lambda_runtime::Runtime::new(service_fn(move |event: LambdaEvent<Box<RawValue>>| {
        answer(operation, key, warm, event)
    }))
    .run()
    .await
}

async fn answer<O: Operation>(
    operation: &OnceCell<O>,
    key: &InvocationKey,
    warm: &AtomicBool,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<Value, OperationError> {
    let began = Instant::now();
    let LambdaEvent { payload, context } = event;
    let deadline = deadline(&context);
    let cold_start = !warm.swap(true, Ordering::Relaxed);
    let work = async {
        let operation = operation
            .get_or_try_init(O::start)
            .await
            .map_err(|error| OperationError::Failed(format!("The function is not configured: {error}.")))?;
        let event = Json::parse(payload.get())
            .map_err(|error| OperationError::InvalidEvent(format!("The event cannot be read: {error}.")))?;
        let event = key.open(event).ok_or_else(|| {
            OperationError::InvalidEvent("The event lacks the key of this server (INVOCATION_KEY).".into())
        })?;
        operation.run(event, deadline).await
    };
    let span =
        tracing::info_span!("invocation", request_id = context.request_id, trace_id = trace_id(&context));
    async {
        let outcome = guard(deadline, work)
            .await
            .unwrap_or_else(|interruption| Err(OperationError::Failed(format!("Given up: {interruption}."))));
        let duration_ms = milliseconds(began.elapsed());
        match &outcome {
            Ok(_) => tracing::info!(duration_ms, cold_start, "done"),
            Err(error) => tracing::error!(%error, duration_ms, cold_start, "failed"),
        }
        outcome
    }
    .instrument(span)
    .await
}
