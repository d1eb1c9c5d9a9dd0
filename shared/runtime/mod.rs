//! How a function lives: from `main` to the answer of each invocation.

mod interruption;
mod job;
mod serve;

pub use interruption::{Interruption, run_until};
pub use job::{Job, JobError, serve_job};
pub use serve::{Endpoint, Methods, serve};
