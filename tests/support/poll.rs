//! Waiting for what reports no event: the state of the database's sessions, and the clock.

use std::time::Duration;

/// How long to wait between two checks. Checks without a pause would take a processor from what they wait for.
const PAUSE: Duration = Duration::from_millis(10);

/// Returns once `check` returns true.
pub async fn until(mut check: impl AsyncFnMut() -> bool) {
    while !check().await {
        tokio::time::sleep(PAUSE).await;
    }
}
