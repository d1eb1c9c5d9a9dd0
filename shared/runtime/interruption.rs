//! Work that ends in words: neither a panic nor the end of the function's time takes the answer away.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    time::{Duration, SystemTime},
};

use futures_util::FutureExt;
use tokio::time::timeout;

/// What is kept of a function's time to answer in words before Lambda ends it.
const RESPONSE_TIME: Duration = Duration::from_millis(500);

/// Why work did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// It panicked; the log has the panic.
    #[error("the function panicked")]
    Panic,
    /// The invocation would have reached its deadline.
    #[error("the function's time ran out")]
    OutOfTime,
}

/// Runs `work` until 500 ms before `deadline`, and catches its panic.
pub async fn run_until<T>(deadline: SystemTime, work: impl Future<Output = T>) -> Result<T, Interruption> {
    let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    let work = AssertUnwindSafe(work).catch_unwind();
    match timeout(time_left.saturating_sub(RESPONSE_TIME), work).await {
        Ok(Ok(outcome)) => Ok(outcome),
        Ok(Err(_)) => Err(Interruption::Panic),
        Err(_) => Err(Interruption::OutOfTime),
    }
}
