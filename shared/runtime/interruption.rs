//! Interrupts work that panics or runs out of time, so that the function can still respond.

use std::{
    future::Future,
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::FutureExt;
use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

/// The time that is reserved for the response before Lambda ends the function.
const RESPONSE_TIME: Duration = Duration::from_millis(500);

/// More than any invocation lasts. Without a limit a deadline in a far future could not be represented.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

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
    Timer::default().run_until(deadline, work).await
}

/// The timer of a process that handles one invocation after the other. It stays set between them, because postponing a
/// timer costs nothing, and setting a new one makes tokio wake its own thread by a system call.
#[derive(Default)]
pub(super) struct Timer(Mutex<Option<Pin<Box<Sleep>>>>);

impl Timer {
    /// See [`run_until`]. With several invocations at once, the others set timers of their own.
    pub async fn run_until<T>(
        &self,
        deadline: SystemTime,
        work: impl Future<Output = T>,
    ) -> Result<T, Interruption> {
        let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
        let end = Instant::now() + time_left.saturating_sub(RESPONSE_TIME).min(LONGEST);
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut timer = kept.unwrap_or_else(|| Box::pin(sleep_until(end)));
        timer.as_mut().reset(end);
        let outcome = tokio::select! {
            biased;
            outcome = AssertUnwindSafe(work).catch_unwind() => outcome.map_err(|_| Interruption::Panic),
            // Also after work that has used up tokio's budget of this poll.
            () = unconstrained(timer.as_mut()) => Err(Interruption::OutOfTime),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(timer);
        outcome
    }
}
