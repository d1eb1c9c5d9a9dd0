//! The movie catalogue.

mod get;
mod list;
mod list_query;
