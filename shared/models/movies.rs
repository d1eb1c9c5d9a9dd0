//! Movies: what clients send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{Datelike, NaiveDate, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use validator::ValidationError;

use super::{
    CountryChoices, CountryCode, Cursor, Money, NameChoices, Sort,
    country_code::has_letters_only,
    date,
    names::{MAX_ITEMS, MAX_LENGTH, MAX_PEOPLE, NameList},
};
use crate::validation::{
    NumericText, Patch, Patchable, SearchText, Text, Trimmed, enumeration, model, violated,
};

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
        /// The name, trimmed. Name and date identify a movie.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub name: Trimmed,
        /// The day of its release, in the next year at the latest; or a datetime at midnight.
        #[validate(custom(function = "next_year_at_the_latest"))]
        pub date: NaiveDate,
        /// The score in percent.
        #[validate(range(min = 0.0, max = 100.0))]
        #[schemars(with = "NumericText")]
        pub score: f64,
        /// The plot; may be empty.
        pub overview: Text,
        pub status: Status,
        /// The budget in US dollars, rounded half up to cents.
        #[validate(range(min = Money::ZERO, max = Money::MAX))]
        pub budget: Money,
        /// The revenue in US dollars.
        #[validate(range(min = 0.0))]
        #[schemars(with = "NumericText")]
        pub revenue: f64,
        /// The ISO 3166-1 code of the country where it was made.
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
    /// The path of a movie.
    pub struct MovieId, draft MovieIdDraft {
        /// The movie's id.
        pub movie_id: i64,
    }
}

model! {
    /// Which part of the catalogue, and in which order.
    pub struct MovieQuery, draft MovieQueryDraft {
        /// The number of the page, by default 1.
        #[validate(range(min = 1))]
        pub page: Option<i64>,
        /// The number of movies on a page.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
        /// Words of the name or the overview, regardless of accents, case and punctuation. The last word also matches as a
        /// beginning. `"two words"` is a phrase, and `-word` excludes a word.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub q: Option<SearchText>,
        /// The name of a genre, or alternatives between `|`. If repeated, all must hold.
        pub genre: Option<NameChoices>,
        /// The name of an actor, or alternatives between `|`. If repeated, all must hold.
        pub actor: Option<NameChoices>,
        /// The name of a language, or alternatives between `|`. If repeated, all must hold.
        pub language: Option<NameChoices>,
        /// The code of a country, or alternatives between `|`. If repeated, all must hold.
        pub country: Option<CountryChoices>,
        /// Whether the movie can be seen yet.
        pub status: Option<Status>,
        /// The earliest year of release.
        #[validate(range(min = 1, max = 9999))]
        pub year_from: Option<i64>,
        /// The latest year of release.
        #[validate(range(min = 1, max = 9999))]
        pub year_to: Option<i64>,
        /// The lowest score.
        #[validate(range(min = 0.0, max = 100.0))]
        pub score_from: Option<f64>,
        /// The order: one key, or several between commas. By default newest entries first, or with `q` the exact name,
        /// names that begin with the words, names with all words, and the rest.
        pub sort: Option<Sort>,
        /// A cursor, instead of `page`, with the same filters and order.
        pub after: Option<Cursor>,
    }
}

model! {
    /// Which actors.
    pub struct ActorQuery, draft ActorQueryDraft {
        /// The number of the page.
        #[validate(range(min = 1))]
        pub page: i64 = 1,
        /// How many actors a page has.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
        /// Beginnings of words of the name, whatever their case and accents.
        #[validate(length(min = 1, max = MAX_LENGTH))]
        pub q: Option<SearchText>,
    }
}

model! {
    /// Which actor.
    pub struct ActorId, draft ActorIdDraft {
        /// The actor's id. An id that no actor has, of any size, gets a 404.
        pub actor_id: i64,
    }
}

model! {
    /// Which of the actor's movies.
    pub struct ActorMovies, draft ActorMoviesDraft {
        /// The number of the page.
        #[validate(range(min = 1))]
        pub page: i64 = 1,
        /// How many movies a page has.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
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
    /// The ISO 3166-1 code.
    pub code: String,
    /// The English name, if it is known.
    pub name: Option<String>,
}

/// A movie with all its fields.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Movie {
    /// Changes whenever a field of the movie does.
    #[serde(skip)]
    pub version: i64,
    pub id: i64,
    pub name: String,
    /// The day of its release.
    #[serde(serialize_with = "date::serialize")]
    pub date: NaiveDate,
    /// The score, from 0 to 100.
    pub score: f64,
    pub overview: String,
    pub status: Status,
    /// The budget in US dollars.
    pub budget: f64,
    /// The revenue in US dollars.
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

/// A movie in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct MovieSummary {
    pub id: i64,
    pub name: String,
    /// The day of its release.
    #[serde(serialize_with = "date::serialize")]
    pub date: NaiveDate,
    pub score: f64,
    pub overview: String,
}

/// A page of movies.
#[derive(Serialize, JsonSchema)]
pub struct MoviePage {
    pub movies: Vec<MovieSummary>,
    /// The path and query of the previous page, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the next page, below `/api/v1`.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// The number of movies that match the search and the filters. With `q` at most 10,000; cursors continue beyond.
    pub total_items: i64,
}

/// A genre with its number of movies.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Genre {
    pub id: i64,
    pub name: String,
    /// The number of movies.
    pub movies: i64,
}

/// All genres.
#[derive(Serialize, JsonSchema)]
pub struct Genres {
    pub genres: Vec<Genre>,
}

/// An actor with the number of movies.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Actor {
    pub id: i64,
    pub name: String,
    /// How many movies the actor is in.
    pub movies: i64,
}

/// A page of actors.
#[derive(Serialize, JsonSchema)]
pub struct ActorPage {
    pub actors: Vec<Actor>,
    /// The path and query of the page before, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the page after.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// How many actors there are, or match `q`.
    pub total_items: i64,
}

/// An actor with a page of the movies.
#[derive(Serialize, JsonSchema)]
pub struct ActorDetail {
    pub id: i64,
    pub name: String,
    pub movies: Vec<MovieSummary>,
    /// The path and query of the page before, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the page after.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// How many movies the actor is in.
    pub total_items: i64,
}

fn next_year_at_the_latest(date: &NaiveDate) -> Result<(), ValidationError> {
    let last = Utc::now().year() + 1;
    if date.year() > last {
        Err(violated(format!("The year in 'date' cannot be greater than {last}.")))
    } else {
        Ok(())
    }
}
