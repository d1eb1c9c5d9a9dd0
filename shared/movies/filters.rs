//! The filters of a movie list.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use ring::digest::{SHA256, digest};
use sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments};

use crate::models::{CountryChoices, NameChoices, movies::MovieQuery, title_case};

/// How many groups of names of a kind have a condition each, which is the fastest for a few. PostgreSQL plans all of them
/// together, in a time and memory that grow much faster than their number, so the others share one.
const MAX_JOINED: usize = 3;

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
        conditions.add_names(&query.genre, ["genres", "movies_genres", "genre_id"]);
        conditions.add_names(&query.actor, ["actors", "actors_movies", "actor_id"]);
        conditions.add_names(&query.language, ["languages", "movies_languages", "language_id"]);
        if let Some(codes) = query.country.as_ref().and_then(common) {
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

    /// Adds the conditions for groups of names: a movie must have a name of each group.
    fn add_names(&mut self, choices: &Option<NameChoices>, [table, links, column]: [&str; 3]) {
        let groups: BTreeSet<Vec<_>> =
            choices.iter().flat_map(|choices| choices.groups()).map(spellings).collect();
        let mut groups = groups.into_iter();
        for names in groups.by_ref().take(MAX_JOINED) {
            let has_name = format!(
                "movies.id IN (SELECT movie_id FROM {links} JOIN {table} ON {table}.id = {column}
                               WHERE key = ANY (name_keys({{}})))"
            );
            self.add(&has_name, names);
        }
        let (mut all_names, mut numbers, count) = (Vec::new(), Vec::new(), groups.len());
        for (names, number) in groups.zip(0_i32..) {
            numbers.extend(names.iter().map(|_| number));
            all_names.extend(names);
        }
        if count > 0 {
            let (names, numbers) = (self.argument(all_names), self.argument(numbers));
            self.sql.push_str(&format!(
                " AND movies.id IN (
                    SELECT movie_id FROM (
                        SELECT DISTINCT number, id
                        FROM unnest({names}::text[], {numbers}::integer[]) AS given (spelling, number)
                            JOIN {table} ON key = name_key(spelling)
                    ) AS wanted JOIN {links} ON {column} = wanted.id
                    GROUP BY movie_id HAVING count(DISTINCT number) = {count}
                )"
            ));
        }
    }

    /// Adds an argument and returns its placeholder.
    pub fn argument<'q>(&mut self, argument: impl Encode<'q, Postgres> + Type<Postgres> + 'q) -> String {
        self.arguments.add(argument).expect("texts, numbers and dates can be encoded");
        format!("${}", self.arguments.len())
    }
}

/// Returns the names of a group as sent and in title case.
fn spellings<'a>(group: impl Iterator<Item = &'a str>) -> Vec<String> {
    group.flat_map(|name| [name.to_owned(), title_case(name)]).collect()
}

/// Returns the codes that are in every group, or `None` without groups.
fn common(choices: &CountryChoices) -> Option<Vec<String>> {
    let groups = choices.groups().map(|group| group.map(str::to_owned).collect::<BTreeSet<_>>());
    let codes = groups.reduce(|codes, group| codes.intersection(&group).cloned().collect())?;
    Some(codes.into_iter().collect())
}

fn day(year: i64, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}
