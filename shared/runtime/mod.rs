//! How a function lives: from `main` to the answer of each invocation.

mod interruption;
mod job;
mod serve;

use std::{future::Future, io};

pub use interruption::{Interruption, run_until};
pub use job::{Job, JobError, serve_job};
pub use serve::{Endpoint, serve};
use tokio::runtime::Builder;

/// Runs `main` to its end on this thread: Lambda hands a process one invocation at a time.
fn block_on<T>(main: impl Future<Output = T>) -> io::Result<T> {
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(main))
}
