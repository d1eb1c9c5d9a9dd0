//! Functions without HTTP: the event is a JSON command, and the response is a JSON result.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::{Instant, SystemTime},
};

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use serde_json::{Value, value::RawValue};
use tokio::sync::OnceCell;
use tracing::Instrument;

use super::{block_on, interruption::run_until};
use crate::{
    config::ConfigError,
    database::ReadError,
    invocation::{InvocationKey, deadline, trace_id},
    json::Json,
    logging::{self, milliseconds},
    secrets::Secrets,
};

/// A function that is invoked directly: by a person, a schedule or a deployment.
pub trait Job: Sized + 'static {
    /// Reads the settings and `secrets` that the job needs, and connects to what it uses. If this fails, the
    /// invocation returns the error, and the next invocation tries again.
    fn start(secrets: &Secrets) -> impl Future<Output = Result<Self, ConfigError>>;

    /// Runs the command in `event` and returns its result. `deadline` is when Lambda ends the process.
    /// Shortly before that, the work is dropped and the invocation returns an error.
    fn run(&self, event: Json<'_>, deadline: SystemTime) -> impl Future<Output = Result<Value, JobError>>;
}

/// Why a job failed, as a sentence for the caller (`errorMessage`).
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The event is invalid.
    #[error("{0}")]
    InvalidEvent(String),
    /// The event is valid, but the command failed.
    #[error("{0}")]
    Failed(String),
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(match error {
            sqlx::Error::Database(error) => format!("The database refused: {}.", error.message()),
            sqlx::Error::Io(error) => format!("The database cannot be reached: {error}."),
            error => format!("The database failed: {error}."),
        })
    }
}

impl From<ReadError> for JobError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::InvalidValue => Self::Failed("The database refused a value.".into()),
            ReadError::Timeout => Self::Failed("The database took too long.".into()),
            ReadError::Failed(error) => error.into(),
        }
    }
}

impl From<JobError> for Diagnostic {
    fn from(error: JobError) -> Self {
        let error_type = match error {
            JobError::InvalidEvent(_) => "InvalidEvent",
            JobError::Failed(_) => "Failed",
        };
        Self { error_type: error_type.into(), error_message: error.to_string() }
    }
}

/// Starts `J` and serves invocations until Lambda ends the process.
///
/// Fails only if the Lambda Runtime API cannot be reached.
pub fn serve_job<J: Job>() -> Result<(), lambda_runtime::Error> {
    block_on(serve_invocations::<J>())?
}

async fn serve_invocations<J: Job>() -> Result<(), lambda_runtime::Error> {
    logging::start();
    let service = &Service::<J> {
        job: OnceCell::new(),
        key: InvocationKey::read(),
        secrets: Secrets::default(),
        warm: AtomicBool::new(false),
    };
    Runtime::new(service_fn(move |event| handle(service, event))).run().await
}

struct Service<J> {
    job: OnceCell<J>,
    key: InvocationKey,
    secrets: Secrets,
    warm: AtomicBool,
}

async fn handle<J: Job>(service: &Service<J>, event: LambdaEvent<Box<RawValue>>) -> Result<Value, JobError> {
    let began = Instant::now();
    let LambdaEvent { payload, context } = event;
    let deadline = deadline(&context);
    let cold_start = !service.warm.swap(true, Ordering::Relaxed);
    let work = async {
        let job = service
            .job
            .get_or_try_init(|| J::start(&service.secrets))
            .await
            .map_err(|error| JobError::Failed(format!("The function is not configured: {error}.")))?;
        let event = Json::parse(payload.get())
            .map_err(|error| JobError::InvalidEvent(format!("The event cannot be read: {error}.")))?;
        let event = service.key.open(event).ok_or_else(|| {
            JobError::InvalidEvent("The event lacks the key of this server (INVOCATION_KEY).".into())
        })?;
        job.run(event, deadline).await
    };
    let span =
        tracing::info_span!("invocation", request_id = context.request_id, trace_id = trace_id(&context));
    async {
        let outcome = run_until(deadline, work)
            .await
            .unwrap_or_else(|interruption| Err(JobError::Failed(format!("Given up: {interruption}."))));
        let duration_ms = milliseconds(began.elapsed());
        match &outcome {
            Ok(result) => tracing::info!(
                duration_ms,
                cold_start,
                command = result["command"].as_str(),
                user_id = result["user_id"].as_i64(),
                "done"
            ),
            Err(error) => tracing::error!(%error, duration_ms, cold_start, "failed"),
        }
        outcome
    }
    .instrument(span)
    .await
}
