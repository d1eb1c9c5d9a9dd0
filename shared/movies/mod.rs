//! The movie catalogue.

mod cursor;
mod detail;
mod fields;
mod filters;
mod genres;
pub mod money;
mod page;
pub mod precondition;
mod search;
mod sort;
pub mod store;
mod title_case;
mod writers;

pub use cursor::Cursor;
pub use detail::{Country, Movie, Named};
pub use fields::{Actors, Budget, CountryCode, Kinds, MAX_NAME, Name, ReleaseDate, Revenue, Score, Status};
pub use filters::{Filters, Year};
pub use genres::Genre;
pub use page::{Page, Start, Summary};
pub use sort::Sort;
pub use store::{MovieChange, NewMovie, Outcome};
pub use title_case::title_case;
pub use writers::Writers;

use crate::http::{Method, Path};

/// The list of movies.
pub const MOVIES: Path = Path::new("/api/v1/theater/movies/", &[Method::GET, Method::POST]);

/// One movie.
pub const MOVIE: Path =
    Path::new("/api/v1/theater/movies/{movie_id}/", &[Method::GET, Method::PATCH, Method::DELETE]);
