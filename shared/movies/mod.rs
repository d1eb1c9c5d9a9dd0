//! The movie catalogue: what is done with its models.

mod actors;
mod detail;
pub mod filters;
mod genres;
mod page;
mod paging;
pub mod precondition;
mod search;
pub mod store;
mod writers;

pub use actors::{find_actor, find_actors};
pub use genres::all_genres;
pub use page::{Page, Start};
pub use paging::Paging;
pub use store::{Outcome, Replacement, TAKEN_EXAMPLE, taken};
pub use writers::Writers;

use crate::http::{Method, Resource};

/// The list of movies.
pub const MOVIES: Resource = Resource::new("/api/v1/theater/movies/", &[Method::GET, Method::POST]);

/// One movie.
pub const MOVIE: Resource = Resource::new(
    "/api/v1/theater/movies/{movie_id}/",
    &[Method::GET, Method::PUT, Method::PATCH, Method::DELETE],
);
