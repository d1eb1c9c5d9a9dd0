//! What every function of the API builds on.
//!
//! A function is one file in `functions/`: an [`Endpoint`] that says what it takes, does and answers, and a
//! `main` that calls [`serve`]; one without HTTP is an [`Job`]. Nothing in here knows a single endpoint.

pub mod accounts;
pub mod aws;
pub mod config;
pub mod database;
pub mod http;
mod invocation;
pub mod json;
pub mod jwt;
#[cfg(test)]
mod layers;
pub mod logging;
pub mod mail;
pub mod models;
pub mod movies;
pub mod openapi;
pub mod passwords;
mod runtime;
pub mod secrets;
pub mod token;
pub mod validation;

pub use runtime::{Endpoint, Interruption, Job, JobError, run_until, serve, serve_job};
