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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    /// Returns what a timer makes of work that never ends, of work that is ready, and of work that panics.
    async fn outcomes(timer: &Timer, time: Duration) -> [String; 3] {
        let deadline = || SystemTime::now() + time;
        let panics = async { panic!("a panic of this test") };
        [
            timer.run_until(deadline(), pending::<()>()).await,
            timer.run_until(deadline(), ready(())).await,
            timer.run_until(deadline(), panics).await,
        ]
        .map(|outcome| outcome.map_or_else(|interruption| interruption.to_string(), |()| "done".to_owned()))
    }

    #[tokio::test]
    async fn kept_timer_interrupts_one_invocation_after_the_other() {
        let timer = Timer::default();
        let expected = ["the function's time ran out", "done", "the function panicked"];
        // In the last round the time is over before the work begins.
        for time in [
            RESPONSE_TIME + Duration::from_millis(20),
            RESPONSE_TIME + Duration::from_millis(1),
            Duration::ZERO,
        ] {
            assert_eq!(outcomes(&timer, time).await, expected, "{time:?}");
        }
    }

    #[tokio::test]
    async fn work_that_uses_up_the_budget_of_each_poll_is_interrupted() {
        let busy = async {
            loop {
                tokio::task::consume_budget().await;
            }
        };
        let outcome = run_until(SystemTime::now() + RESPONSE_TIME + Duration::from_millis(20), busy).await;
        assert!(matches!(outcome, Err(Interruption::OutOfTime)));
    }
}
