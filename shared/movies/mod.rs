//! The movie catalogue: queries and writes.

mod access;
mod detail;
pub mod filters;
mod genres;
mod page;
pub mod precondition;
mod search;
pub mod store;

pub use access::WriteAccess;
pub use genres::all_genres;
pub use page::{Page, PageStart};
pub use store::UpdateOutcome;

use crate::http::{Method, Resource};

/// The list of movies.
pub const MOVIES: Resource = Resource::new("/api/v1/theater/movies/", &[Method::GET, Method::POST]);

/// One movie.
pub const MOVIE: Resource =
    Resource::new("/api/v1/theater/movies/{movie_id}/", &[Method::GET, Method::PATCH, Method::DELETE]);
