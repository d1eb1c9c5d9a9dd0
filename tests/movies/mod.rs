//! The movie catalogue.

mod get;
mod list;
