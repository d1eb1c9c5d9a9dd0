//! The local commands behind `make`: `cargo xtask`. Tests and benchmarks use [`postgres`], and a test compares
//! [`compose::SCHEDULES`] with the template.

mod child;
mod cluster;
pub mod compose;
pub mod database;
pub mod dev;
mod files;
mod functions;
mod http;
pub mod interrupt;
mod lock;
mod log_filter;
pub mod manage;
pub mod output;
mod ports;
pub mod postgres;
pub mod problem;
pub mod psql;
pub mod queries;
pub mod sam;
mod settings;
pub mod sizes;
mod tools;
mod url;
mod user;
mod variable;

pub use child::clear_build_variables;
pub use files::root;
