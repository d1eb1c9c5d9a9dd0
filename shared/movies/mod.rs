//! The movie catalogue: queries and writes.

mod access;
mod actors;
mod detail;
pub mod filters;
mod found;
mod genres;
mod named;
mod order;
mod page;
pub mod precondition;
pub mod search;
pub mod store;

pub use access::{WriteAccess, Writer};
pub use actors::{find_actor, find_actors};
pub use genres::all_genres;
pub use page::{List, Page, PageStart};
pub use store::{Replacement, TAKEN_EXAMPLE, UpdateOutcome, already_exists};

use crate::http::{Method, Resource};

/// The list of movies.
pub const MOVIES: Resource = Resource::new("/api/v1/theater/movies/", &[Method::GET, Method::POST]);

/// One movie.
pub const MOVIE: Resource = Resource::new(
    "/api/v1/theater/movies/{movie_id}/",
    &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
);
