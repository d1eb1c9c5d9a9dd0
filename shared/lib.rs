//! The library of every function.
//!
//! A function is one file in `functions/`: an [`Endpoint`] with its routes and handler, and a `main` that
//! calls [`serve`]. A function without HTTP is a [`Job`]. This library does not depend on any single
//! endpoint.

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
pub mod profiles;
mod runtime;
pub mod secrets;
pub mod storage;
pub mod token;
pub mod validation;

pub use runtime::{Endpoint, Interruption, Job, JobError, run_until, serve, serve_job};
