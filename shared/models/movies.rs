//! Movies: what clients send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{Datelike, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::ValidationError;

use super::{
    CountryCode, Cursor, Money, Sort,
    country_code::has_letters_only,
    names::{MAX_ITEMS, MAX_LENGTH, MAX_PEOPLE, NameList},
};
use crate::validation::{NumericText, Patch, Patchable, Text, Trimmed, enumeration, model, violated};

enumeration! {
    /// Whether a movie can be seen yet.
    pub enum Status {
        /// In the theaters, or it was.
        Released = "Released",
        /// Shot, and being finished.
        PostProduction = "Post Production",
        /// Being shot.
        InProduction = "In Production",
    }
}

model! {
    /// A movie that does not exist yet.
    pub struct NewMovie, draft NewMovieDraft {
        /// With `date`, what tells the movie from all others. Blanks around it do not count.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub name: Trimmed,
        /// The day of its release, in the next year at the latest; or a datetime at midnight.
        #[validate(custom(function = "next_year_at_the_latest"))]
        pub date: NaiveDate,
        /// In percent.
        #[validate(range(min = 0.0, max = 100.0))]
        #[schemars(with = "NumericText")]
        pub score: f64,
        /// What it is about; may be empty.
        pub overview: Text,
        pub status: Status,
        /// In US dollars, rounded half up to cents.
        #[validate(range(min = Money::ZERO, max = Money::MAX))]
        pub budget: Money,
        /// In US dollars.
        #[validate(range(min = 0.0))]
        #[schemars(with = "NumericText")]
        pub revenue: f64,
        /// The code of the country where it was made, as in ISO 3166-1.
        #[validate(length(min = 2, max = 3), custom(function = "has_letters_only"))]
        pub country: CountryCode,
        /// Names, which are put into Title Case.
        #[validate(length(max = MAX_ITEMS))]
        pub genres: NameList,
        /// Names, which are put into Title Case.
        #[validate(length(max = MAX_PEOPLE))]
        pub actors: NameList,
        /// Names, which are put into Title Case.
        #[validate(length(max = MAX_ITEMS))]
        pub languages: NameList,
    }
}

impl NewMovie {
    /// Returns a movie for the API's description, as a client sends it.
    pub fn example() -> Value {
        json!({
            "name": "Heat", "date": "1995-12-15", "score": 83,
            "overview": "A detective hunts a crew of thieves.", "status": "Released",
            "budget": 60_000_000, "revenue": 187_436_818, "country": "US", "genres": ["Crime", "Drama"],
            "actors": ["Al Pacino", "Robert De Niro"], "languages": ["English"],
        })
    }
}

/// New values for some fields of a movie.
pub type MoviePatch = Patch<NewMovie>;

impl Patchable for NewMovie {
    const PATCH_NAME: &'static str = "MoviePatch";
    const FIXED: &'static [&'static str] = &["country", "genres", "actors", "languages"];
}

model! {
    /// Which movie.
    pub struct MovieId, draft MovieIdDraft {
        /// The movie's id. One that no row can have is an id without a movie.
        pub movie_id: i64,
    }
}

model! {
    /// Which part of the catalogue, and in which order.
    pub struct MovieQuery, draft MovieQueryDraft {
        /// The number of the page, 1 where it is missing.
        #[validate(range(min = 1))]
        pub page: Option<i64>,
        /// How many movies a page has.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
        /// Words of the name or the overview, as for a web search engine.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub q: Option<Trimmed>,
        /// The name of a genre.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub genre: Option<Trimmed>,
        /// The name of an actor.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub actor: Option<Trimmed>,
        /// The name of a language.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub language: Option<Trimmed>,
        /// The code of a country.
        #[validate(length(min = 2, max = 3), custom(function = "has_letters_only"))]
        pub country: Option<CountryCode>,
        /// Whether the movie can be seen yet.
        pub status: Option<Status>,
        /// The earliest year of release.
        #[validate(range(min = 1, max = 9999))]
        pub year_from: Option<i64>,
        /// The latest year of release.
        #[validate(range(min = 1, max = 9999))]
        pub year_to: Option<i64>,
        /// The least score.
        #[validate(range(min = 0.0, max = 100.0))]
        pub score_from: Option<f64>,
        /// The order: newest entries first where it is missing, or for `q` what fits best.
        pub sort: Option<Sort>,
        /// Where the list goes on, in place of `page`.
        pub after: Option<Cursor>,
    }
}

/// A genre, an actor or a language.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
pub struct Named {
    pub id: i64,
    pub name: String,
}

/// The country a movie comes from.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Country {
    pub id: i64,
    /// As in ISO 3166-1.
    pub code: String,
    /// Its English name, where it is known.
    pub name: Option<String>,
}

/// A movie with everything that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Movie {
    /// Changes whenever a field of the movie does.
    #[serde(skip)]
    pub version: i64,
    pub id: i64,
    pub name: String,
    /// The day of its release.
    pub date: NaiveDate,
    /// How it is regarded, from 0 to 100.
    pub score: f64,
    pub overview: String,
    pub status: Status,
    /// In US dollars.
    pub budget: f64,
    /// In US dollars.
    pub revenue: f64,
    pub country: Country,
    pub genres: Vec<Named>,
    pub actors: Vec<Named>,
    pub languages: Vec<Named>,
}

impl Movie {
    /// Returns a movie for the API's description.
    pub fn example() -> Value {
        json!({
            "id": 1, "name": "Heat", "date": "1995-12-15", "score": 83.0,
            "overview": "A detective hunts a crew of thieves.", "status": "Released",
            "budget": 60000000.0, "revenue": 187436818.0, "country": {"id": 1, "code": "US", "name": null},
            "genres": [{"id": 1, "name": "Crime"}, {"id": 2, "name": "Drama"}],
            "actors": [{"id": 1, "name": "Al Pacino"}, {"id": 2, "name": "Robert De Niro"}],
            "languages": [{"id": 1, "name": "English"}],
        })
    }
}

/// A movie as it stands in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MovieSummary {
    pub id: i64,
    pub name: String,
    /// The day of its release.
    pub date: NaiveDate,
    pub score: f64,
    pub overview: String,
}

/// A page of movies.
#[derive(Serialize, JsonSchema)]
pub struct MoviePage {
    pub movies: Vec<MovieSummary>,
    /// The path and query of the page before, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the page after.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// How many movies meet the filters.
    pub total_items: i64,
}

/// A genre with the size of its part of the catalogue.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Genre {
    pub id: i64,
    pub name: String,
    /// How many movies it has.
    pub movies: i64,
}

/// All genres.
#[derive(Serialize, JsonSchema)]
pub struct Genres {
    pub genres: Vec<Genre>,
}

fn next_year_at_the_latest(date: &NaiveDate) -> Result<(), ValidationError> {
    let last = Utc::now().year() + 1;
    match date.year() > last {
        true => Err(violated(format!("The year in 'date' cannot be greater than {last}."))),
        false => Ok(()),
    }
}
