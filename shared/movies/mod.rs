//! The movie catalogue: what is done with its models.

mod detail;
pub mod filters;
mod genres;
mod page;
pub mod precondition;
mod search;
pub mod store;
mod writers;

pub use genres::all_genres;
pub use page::{Page, Start};
pub use store::Outcome;
pub use writers::Writers;
