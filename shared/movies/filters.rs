//! The filters of a movie list.

use chrono::NaiveDate;
use ring::digest::{SHA256, digest};
use sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments};

use crate::models::{NameChoices, movies::MovieQuery, title_case};

/// Filters as SQL: conditions on `movies`, each after an `AND`, and their arguments.
#[derive(Default)]
pub(super) struct Conditions {
    pub sql: String,
    pub arguments: PgArguments,
}

/// Returns the query parameters that are equivalent to the filters of `query`, in a fixed order.
pub fn parameters(query: &MovieQuery) -> Vec<(&'static str, String)> {
    let mut parameters = Vec::new();
    let mut add = |name, values: &mut dyn Iterator<Item = String>| {
        parameters.extend(values.map(|value| (name, value)));
    };
    add("q", &mut query.q.iter().map(|text| text.as_str().to_owned()));
    add("genre", &mut query.genre.iter().flat_map(|choices| choices.texts()));
    add("actor", &mut query.actor.iter().flat_map(|choices| choices.texts()));
    add("language", &mut query.language.iter().flat_map(|choices| choices.texts()));
    add("country", &mut query.country.iter().flat_map(|choices| choices.texts()));
    add("status", &mut query.status.iter().map(|status| status.name().to_owned()));
    add("year_from", &mut query.year_from.iter().map(i64::to_string));
    add("year_to", &mut query.year_to.iter().map(i64::to_string));
    add("score_from", &mut query.score_from.iter().map(f64::to_string));
    parameters
}

/// Returns a hash of the filters, which binds cursors to them, or `None` if there are no filters.
pub fn fingerprint(parameters: &[(&'static str, String)]) -> Option<u64> {
    if parameters.is_empty() {
        return None;
    }
    let text: String =
        parameters.iter().map(|(name, value)| format!("{name}={}{value}", value.len())).collect();
    let hash = digest(&SHA256, text.as_bytes());
    let (start, _) = hash.as_ref().split_first_chunk().expect("a hash has more than eight bytes");
    Some(u64::from_be_bytes(*start))
}

impl Conditions {
    /// Returns the conditions for the filters of `query`, except its words.
    pub fn new(query: &MovieQuery) -> Self {
        let mut conditions = Self::default();
        conditions.add_links(&query.genre, "movies_genres JOIN genres ON genres.id = genre_id");
        conditions.add_links(&query.actor, "actors_movies JOIN actors ON actors.id = actor_id");
        conditions
            .add_links(&query.language, "movies_languages JOIN languages ON languages.id = language_id");
        for codes in query.country.iter().flat_map(|choices| choices.groups()) {
            let codes: Vec<_> = codes.map(ToOwned::to_owned).collect();
            conditions.add("country_id IN (SELECT id FROM countries WHERE code = ANY ({}))", codes);
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

    /// Adds a condition. `{}` in it stands for `argument`.
    fn add<'q>(&mut self, condition: &str, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) {
        let place = self.argument(argument);
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace("{}", &place));
    }

    /// Adds a condition for each group of names: a movie must have one name of the group.
    fn add_links(&mut self, choices: &Option<NameChoices>, links: &str) {
        for group in choices.iter().flat_map(|choices| choices.groups()) {
            let names: Vec<_> = group.flat_map(|name| [name.to_owned(), title_case(name)]).collect();
            let names_of_movies =
                format!("movies.id IN (SELECT movie_id FROM {links} WHERE key = ANY (name_keys({{}})))");
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
