//! Emulates Lambda and API Gateway in the test process: runs the real executables behind the routes of `template.yaml`.
//!
//! A test starts an [`App`] and sends it requests. Benchmarks include this module by path, with the folder of release
//! executables.

#![allow(dead_code, unused_imports, reason = "tests and benchmarks each use their part of it")]

pub mod accounts;
pub mod app;
pub mod aws;
pub mod browser;
pub mod budget;
pub mod catalogue;
mod chromium;
#[cfg(test)]
pub mod description;
mod devtools;
mod document;
#[cfg(test)]
pub mod emf;
pub mod executables;
pub mod form;
#[cfg(test)]
pub mod free_port;
pub mod gateway;
#[cfg(test)]
pub mod insights;
pub mod jwt;
pub mod locks;
#[cfg(test)]
pub mod log_check;
pub mod poll;
pub mod postgres;
pub mod proxy;
pub mod routing;
pub mod runtime;
mod runtime_api;
#[cfg(test)]
pub mod schema;
pub mod service;
pub mod site;
pub mod statement;
pub mod template;
pub mod workload;

pub use app::App;
pub use axum::http::{Method, StatusCode};
pub use gateway::{Reply, repeated};
