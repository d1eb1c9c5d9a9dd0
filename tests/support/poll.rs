//! Waiting for what reports no event: the state of the database's sessions, and the clock.

use std::time::{Duration, Instant};

/// How long to wait between two checks. Checks without a pause would take a processor from what they wait for.
const PAUSE: Duration = Duration::from_millis(10);

/// After this time a test fails instead of waiting for what does not come.
const LIMIT: Duration = Duration::from_secs(300);

/// Returns once `check` returns true.
pub async fn until(mut check: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !check().await {
        assert!(began.elapsed() < LIMIT, "what the test waits for does not come");
        tokio::time::sleep(PAUSE).await;
    }
}
