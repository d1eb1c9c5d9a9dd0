//! What every function of the API builds on.
//!
//! A function is one file in `functions/`: an [`Endpoint`] that says what it takes, does and answers, and a
//! `main` that calls [`serve`]; one without HTTP is an [`Operation`]. Nothing in here knows a single endpoint.

pub mod accounts;
pub mod aws;
pub mod config;
pub mod database;
mod deadline;
pub mod guard;
pub mod http;
pub mod input;
mod invocation_key;
pub mod json;
pub mod logging;
pub mod mail;
pub mod metrics;
pub mod movies;
pub mod openapi;
mod operation;
pub mod secrets;
mod serve;
pub mod timestamp;
mod trace;

pub use operation::{Operation, OperationError, serve_operation};
pub use serve::{Endpoint, Methods, serve};
