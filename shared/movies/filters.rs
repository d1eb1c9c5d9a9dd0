//! The filters of a movie list.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use ring::digest::{SHA256, digest};
use sqlx::{Arguments, Encode, Postgres, Type, postgres::PgArguments};

use super::named::{FilterIds, Groups};
use crate::models::movies::MovieQuery;

/// How many groups of a kind have a condition each, which is the fastest for a few. PostgreSQL plans all of them together,
/// in a time and memory that grow much faster than their number, so more share one.
const MAX_JOINED: usize = 3;

/// How many groups share a condition: the bits of a positive `bigint`.
const MAX_BITS: usize = 63;

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
    /// Returns the conditions for the filters of `query`, except its words. `named` is what they name.
    pub fn new(query: &MovieQuery, named: &FilterIds) -> Self {
        let mut conditions = Self::default();
        conditions.add_links(&named.genres, "movies_genres", "genre_id");
        conditions.add_links(&named.actors, "actors_movies", "actor_id");
        conditions.add_links(&named.languages, "movies_languages", "language_id");
        if let Some(countries) = &named.countries {
            conditions.add("country_id = ANY ({})", countries.clone());
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

    /// Adds the conditions for groups of ids: a movie must have a link to an id of each group.
    fn add_links(&mut self, groups: &Groups, links: &str, column: &str) {
        if groups.len() <= MAX_JOINED {
            for ids in groups {
                let has_id =
                    format!("movies.id IN (SELECT movie_id FROM {links} WHERE {column} = ANY ({{}}))");
                self.add(&has_id, ids.clone());
            }
            return;
        }
        let groups: Vec<_> = groups.iter().collect();
        for groups in groups.chunks(MAX_BITS) {
            let mut masks = BTreeMap::<i64, i64>::new();
            for (bit, ids) in groups.iter().enumerate() {
                ids.iter().for_each(|id| *masks.entry(*id).or_default() |= 1 << bit);
            }
            let all = masks.values().fold(0, |all, mask| all | mask);
            let (ids, masks): (Vec<_>, Vec<_>) = masks.into_iter().unzip();
            let [ids, masks, all] = [self.argument(ids), self.argument(masks), self.argument(all)];
            self.sql.push_str(&format!(
                " AND movies.id IN (
                    SELECT movie_id FROM {links}
                        JOIN unnest({ids}::bigint[], {masks}::bigint[]) AS wanted (id, mask) ON {column} = wanted.id
                    GROUP BY movie_id HAVING bit_or(mask) = {all}
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

fn day(year: i64, month: u32, day: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)
}
