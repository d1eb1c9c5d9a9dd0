//! Interrupts work that panics or runs out of time, so that the function can still respond.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, SystemTime},
};

use futures_util::FutureExt;
use tokio::time::timeout;

/// The time that is reserved for the response before Lambda ends the function.
const RESPONSE_TIME: Duration = Duration::from_millis(500);

/// Why work was interrupted.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// It panicked. The log contains the panic.
    #[error("the function panicked")]
    Panic,
    /// The deadline of the invocation was near.
    #[error("the function's time ran out")]
    OutOfTime,
}

/// Runs `work` until 500 ms before `deadline`. Fails if that time is over or if `work` panics.
pub async fn run_until<T>(deadline: SystemTime, work: impl Future<Output = T>) -> Result<T, Interruption> {
    let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    let work = AssertUnwindSafe(work).catch_unwind();
    match timeout(time_left.saturating_sub(RESPONSE_TIME), work).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => Err(Interruption::Panic),
        Err(_) => Err(Interruption::OutOfTime),
    }
}
