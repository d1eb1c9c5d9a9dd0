//! What a list of movies is restricted to.

use chrono::NaiveDate;
use sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments};

use super::{CountryCode, Name, Score, Status, search::to_tsquery, title_case};
use crate::input::{Integer, Line};

/// A year that a date can have.
pub type Year = Integer<1, 9999>;

/// What a movie must be like, all at once; `None` asks for nothing.
#[derive(Default)]
pub struct Filters {
    /// Words of its name or its overview, as for a web search engine.
    pub q: Option<Line<255>>,
    /// The name of one of its genres, as stored or to be put into Title Case.
    pub genre: Option<Name>,
    /// The name of one of its actors, likewise.
    pub actor: Option<Name>,
    /// The name of one of its languages, likewise.
    pub language: Option<Name>,
    /// The code of its country.
    pub country: Option<CountryCode>,
    /// Its status.
    pub status: Option<Status>,
    /// The earliest year of its release.
    pub year_from: Option<Year>,
    /// The latest year of its release.
    pub year_to: Option<Year>,
    /// The least score.
    pub score_from: Option<Score>,
}

/// Filters as SQL: conditions over `movies`, each after an `AND`, and their arguments.
#[derive(Default)]
pub(super) struct Conditions {
    pub sql: String,
    pub arguments: PgArguments,
}

impl Filters {
    /// The query parameters that say the same, in a fixed order.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let text = |line: &Option<Line<255>>| line.as_ref().map(|line| line.as_str().to_owned());
        let year = |year: Option<Year>| year.map(|year| year.get().to_string());
        let parameters = [
            ("q", text(&self.q)),
            ("genre", text(&self.genre)),
            ("actor", text(&self.actor)),
            ("language", text(&self.language)),
            ("country", self.country.as_ref().map(|code| code.as_str().to_owned())),
            ("status", self.status.map(|status| status.name().to_owned())),
            ("year_from", year(self.year_from)),
            ("year_to", year(self.year_to)),
            ("score_from", self.score_from.map(|score| score.get().to_string())),
        ];
        parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    pub(super) fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        if let Some(words) = &self.q {
            conditions.add(&format!("search @@ ({QUERY})"), to_tsquery(words.as_str()));
        }
        conditions.add_link(&self.genre, "movies_genres JOIN genres ON genres.id = genre_id");
        conditions.add_link(&self.actor, "actors_movies JOIN actors ON actors.id = actor_id");
        conditions.add_link(&self.language, "movies_languages JOIN languages ON languages.id = language_id");
        if let Some(country) = &self.country {
            let code = country.as_str().to_owned();
            conditions.add("country_id = (SELECT id FROM countries WHERE code = {})", code);
        }
        if let Some(status) = self.status {
            conditions.add("status = {}::movie_status", status.name());
        }
        if let Some(first) = self.year_from.and_then(|year| day(year, 1, 1)) {
            conditions.add("date >= {}", first);
        }
        if let Some(last) = self.year_to.and_then(|year| day(year, 12, 31)) {
            conditions.add("date <= {}", last);
        }
        if let Some(score) = self.score_from {
            conditions.add("score >= {}", score.get());
        }
        conditions
    }
}

/// The words of `q`, whose argument comes first of all: as they are, for names, or by their stems.
pub(super) const QUERY: &str = "to_tsquery('pg_catalog.simple', $1) || to_tsquery('pg_catalog.english', $1)";

impl Conditions {
    /// Adds a condition, in which `{}` stands for its argument.
    fn add<'q>(&mut self, condition: &str, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) {
        let place = self.argument(argument);
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace("{}", &place));
    }

    fn add_link(&mut self, name: &Option<Name>, links: &str) {
        if let Some(name) = name {
            let names = vec![name.as_str().to_owned(), title_case(name.as_str())];
            let names_of_movies =
                format!("movies.id IN (SELECT movie_id FROM {links} WHERE name = ANY ({{}}))");
            self.add(&names_of_movies, names);
        }
    }

    /// Adds an argument and answers what stands for it in SQL.
    pub fn argument<'q>(&mut self, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) -> String {
        self.arguments.add(argument).expect("texts, numbers and dates can be encoded");
        format!("${}", self.arguments.len())
    }
}

fn day(year: Year, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year.get()).ok()?, month, day)
}
