//! The movie catalogue.

mod detail;
mod page;

pub use detail::{Country, Movie, Named};
pub use page::{Page, Summary};

time::serde::format_description!(iso_date, Date, "[year]-[month]-[day]");
