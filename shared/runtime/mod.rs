//! The runtime of a function, from `main` to the response of each invocation.

mod any_endpoint;
mod interruption;
mod job;
mod serve;

use std::{future::Future, io};

pub use interruption::{Interruption, run_until};
pub use job::{Job, JobError, serve_job};
pub use serve::{Endpoint, serve};
use tokio::runtime::Builder;

/// Runs `main` on this thread, because Lambda gives a process one invocation at a time.
fn block_on<T>(main: impl Future<Output = T>) -> io::Result<T> {
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(main))
}
