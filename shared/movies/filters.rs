//! The filters of a movie list.

use chrono::NaiveDate;
use sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments};

use super::search::to_tsquery;
use crate::{
    models::{movies::MovieQuery, title_case},
    validation::Trimmed,
};

/// Filters as SQL: conditions on `movies`, each after an `AND`, and their arguments.
#[derive(Default)]
pub(super) struct Conditions {
    pub sql: String,
    pub arguments: PgArguments,
}

/// Returns the query parameters that are equivalent to the filters of `query`, in a fixed order.
pub fn parameters(query: &MovieQuery) -> Vec<(&'static str, String)> {
    let text = |text: &Option<Trimmed>| text.as_ref().map(|text| text.as_str().to_owned());
    let parameters = [
        ("q", text(&query.q)),
        ("genre", text(&query.genre)),
        ("actor", text(&query.actor)),
        ("language", text(&query.language)),
        ("country", query.country.as_ref().map(|code| code.as_str().to_owned())),
        ("status", query.status.map(|status| status.name().to_owned())),
        ("year_from", query.year_from.map(|year| year.to_string())),
        ("year_to", query.year_to.map(|year| year.to_string())),
        ("score_from", query.score_from.map(|score| score.to_string())),
    ];
    parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

impl Conditions {
    /// Returns the conditions for the filters of `query`.
    pub fn new(query: &MovieQuery) -> Self {
        let mut conditions = Self::default();
        if let Some(words) = &query.q {
            conditions.add(&format!("search @@ ({QUERY})"), to_tsquery(words.as_str()));
        }
        conditions.add_link(&query.genre, "movies_genres JOIN genres ON genres.id = genre_id");
        conditions.add_link(&query.actor, "actors_movies JOIN actors ON actors.id = actor_id");
        conditions.add_link(&query.language, "movies_languages JOIN languages ON languages.id = language_id");
        if let Some(country) = &query.country {
            conditions
                .add("country_id = (SELECT id FROM countries WHERE code = {})", country.as_str().to_owned());
        }
        if let Some(status) = query.status {
            conditions.add("status = {}::movie_status", status.name());
        }
        if let Some(first) = query.year_from.and_then(|year| day(year, 1, 1)) {
            conditions.add("date >= {}", first);
        }
        if let Some(last) = query.year_to.and_then(|year| day(year, 12, 31)) {
            conditions.add("date <= {}", last);
        }
        if let Some(score) = query.score_from {
            conditions.add("score >= {}", score);
        }
        conditions
    }
}

/// The words of `q`, which is always the first argument: unchanged, for names, or stemmed.
pub(super) const QUERY: &str = "to_tsquery('pg_catalog.simple', $1) || to_tsquery('pg_catalog.english', $1)";

impl Conditions {
    /// Adds a condition. `{}` in it stands for `argument`.
    fn add<'q>(&mut self, condition: &str, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) {
        let place = self.argument(argument);
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace("{}", &place));
    }

    fn add_link(&mut self, name: &Option<Trimmed>, links: &str) {
        if let Some(name) = name {
            let names = vec![name.as_str().to_owned(), title_case(name.as_str())];
            let names_of_movies =
                format!("movies.id IN (SELECT movie_id FROM {links} WHERE name = ANY ({{}}))");
            self.add(&names_of_movies, names);
        }
    }

    /// Adds an argument and returns its placeholder.
    pub fn argument<'q>(&mut self, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) -> String {
        self.arguments.add(argument).expect("texts, numbers and dates can be encoded");
        format!("${}", self.arguments.len())
    }
}

fn day(year: i64, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}
