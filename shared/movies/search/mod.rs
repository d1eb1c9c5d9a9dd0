//! Searching movies by words of their names and overviews.

mod document;
mod fold;
pub mod index;
mod query;
mod slips;

pub use document::Document;
pub use query::{Query, Search};
pub use slips::correct;
