//! The statements of a search.
//!
//! The words of a search may be in ten movies or in a million. The first statement ([`SearchSql::few`]) collects at most
//! 10,001 of them, which is fast for any number, and sorts them if these are all. Sorting a million would take seconds,
//! so for more than 10,000 movies the second statement ([`SearchSql::many`]) builds the list step by step, only as far as
//! the page requires.

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use super::{
    filters::Conditions,
    named::FilterIds,
    order::Order,
    page::{List, Listed, PageStart, Rows, SUMMARY},
    search::Search,
};
use crate::models::{Place, Sort};

/// The largest total of a search.
const MOST: i64 = 10_000;

/// How many movies of an order are scanned before all matching movies are sorted. They usually include enough matches
/// for a page.
const NEXT: i64 = 50_000;

/// The result of a search.
pub(super) struct Outcome {
    /// The movies of the page, and one more if more follow.
    pub rows: Vec<Listed>,
    /// Whether it is known that no movie has the words, regardless of other filters.
    pub none_has_words: bool,
}

/// A search as SQL.
struct SearchSql<'a> {
    list: &'a List<'a>,
    conditions: Conditions,
    /// The join of `movie_search` with the table that the filters need, if there are filters.
    join: &'static str,
    /// The condition for matching movies.
    matches: String,
    /// The same condition in a form that does not use the index: with a second condition that does, it is cheaper to
    /// check the few movies of that one.
    checks: String,
    /// The names that consist of the words.
    names: Names,
    /// The condition for movies with all words in the name. `None` if the search does not have such movies.
    name: Option<String>,
}

/// Names that consist of the words of a search, as the placeholder of an argument.
enum Names {
    None,
    /// One of several.
    AnyOf(String),
    /// One with which other names may begin.
    Beginning(String),
}

/// A part of a long list. The parts follow one another.
struct Step {
    class: Class,
    /// Selects the ids of the part in any order. `None` if there are certainly many.
    collect: Option<String>,
    /// Selects the ids of the part among the next [`NEXT`] movies of the order.
    next: String,
    /// Selects all ids of the part.
    all: String,
    /// The orders of `next` and `all`.
    order: (String, String),
}

/// The relevance of a movie, best first. Within a class, the newest movie comes first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    /// The name is exactly the words.
    Exact,
    /// The name begins with the words.
    Beginning,
    /// The name contains all words.
    Name,
    /// Name and overview together contain all words.
    Other,
}

/// Loads the page of the list. One statement, or two for a list of more than 10,000 movies.
pub(super) async fn load(
    connection: &mut PgConnection,
    list: &List<'_>,
    named: &FilterIds,
    search: &Search,
) -> sqlx::Result<Outcome> {
    if list.start.offset() >= MOST {
        return Ok(Outcome { rows: Vec::new(), none_has_words: false });
    }
    // A forged total only costs time.
    if list.start.cursor().is_none_or(|cursor| cursor.total < MOST) {
        let found = SearchSql::new(list, named, search);
        let is_unfiltered = found.join.is_empty();
        let (rows, found) = found.few(connection).await?;
        if found <= MOST {
            return Ok(Outcome { rows, none_has_words: is_unfiltered && found == 0 });
        }
    }
    let rows = SearchSql::new(list, named, search).many(connection).await?;
    Ok(Outcome { rows, none_has_words: false })
}

impl<'a> SearchSql<'a> {
    fn new(list: &'a List<'a>, named: &FilterIds, search: &Search) -> Self {
        let mut conditions = Conditions::new(list.query, named);
        let filters = std::mem::take(&mut conditions.sql);
        let mut query = |text: &String| {
            format!("movie_search.search @@ {}::text::tsquery", conditions.argument(text.clone()))
        };
        let all = query(&search.all);
        let (matches, checks) = (format!("{all}{filters}"), format!("({all}) IS TRUE{filters}"));
        let name = search.name.as_ref().map(query);
        let names = match &search.exact[..] {
            [] => Names::None,
            [key] if search.has_beginnings => Names::Beginning(conditions.argument(key.clone())),
            keys => Names::AnyOf(conditions.argument(keys)),
        };
        let join = if filters.is_empty() { "" } else { "JOIN movies ON movies.id = movie_search.movie_id" };
        Self { list, conditions, join, matches, checks, names, name }
    }

    /// Loads the page of a list of at most 10,000 movies, and their number. If the page is empty, the only row has just
    /// the number.
    async fn few(mut self, connection: &mut PgConnection) -> sqlx::Result<(Vec<Listed>, i64)> {
        let (list, join) = (self.list, self.join);
        let (page, place, inner, outer) = match list.sort {
            Sort::Relevance => {
                let place = self.class_and_id().map(|(class, id)| {
                    let id = self.conditions.argument(id);
                    format!("class > {class} OR class = {class} AND id < {id}")
                });
                (self.ranked(), place, "class, id DESC".to_owned(), "page.class, page.id DESC".to_owned())
            }
            sort => {
                let order = Order::new(sort);
                let place = list.start.cursor().map(|cursor| order.behind(cursor, &mut self.conditions));
                (
                    "(SELECT id, 0 AS class FROM few) AS few JOIN movies USING (id)".to_owned(),
                    place,
                    order.sql(),
                    order.sql(),
                )
            }
        };
        let place = place.map(|place| format!(" AND ({place})")).unwrap_or_default();
        let total = match list.start {
            PageStart::Offset(_) => "found".to_owned(),
            PageStart::After(cursor) => format!("{}::bigint", self.conditions.argument(cursor.total)),
        };
        let offset = self.conditions.argument(list.start.offset());
        let limit = self.conditions.argument(list.limit + 1);
        let matches = &self.matches;
        // Reading the words of each movie would cost more than finding those with all words in the name by the index.
        let names =
            self.name.as_ref().filter(|_| *list.sort == Sort::Relevance).map_or("false", String::as_str);
        let names = format!(
            "SELECT movie_search.movie_id AS id FROM movie_search
             WHERE {names} AND (SELECT found FROM counted) <= {MOST} LIMIT {MOST} + 1"
        );
        let sql = format!(
            "WITH few AS MATERIALIZED (
                 SELECT movie_search.movie_id AS id, movie_search.key FROM movie_search {join} WHERE {matches}
                 LIMIT {MOST} + 1
             ), counted AS MATERIALIZED (SELECT count(*) AS found FROM few), names AS MATERIALIZED ({names})
             SELECT {SUMMARY}, {total} AS total, page.class, found
             FROM counted LEFT JOIN (
                 SELECT id, class FROM {page} WHERE (SELECT found FROM counted) <= {MOST}{place}
                 ORDER BY {inner} OFFSET {offset} LIMIT {limit}
             ) AS page ON true LEFT JOIN movies ON movies.id = page.id
             ORDER BY {outer}"
        );
        let (mut listed, mut found) = (Vec::new(), 0);
        let mut rows = self.rows(connection, sql);
        while let Some(row) = rows.try_next().await? {
            found = row.try_get("found")?;
            if row.try_get::<Option<i64>, _>("id")?.is_some() {
                listed.push(Listed::read(&row, list.sort)?);
            }
        }
        Ok((listed, found))
    }

    /// Loads the page of a list of any length.
    async fn many(mut self, connection: &mut PgConnection) -> sqlx::Result<Vec<Listed>> {
        let list = self.list;
        let total = list.start.cursor().map_or(MOST, |cursor| cursor.total);
        let total = self.conditions.argument(total);
        let offset = self.conditions.argument(list.start.offset());
        let limit = self.conditions.argument(list.limit + 1);
        let wanted = format!("({offset}::bigint + {limit}::bigint)");
        let (steps, order) = match list.sort {
            Sort::Relevance => (self.steps(), "page.class, page.id DESC".to_owned()),
            sort => (vec![self.sorted(sort)], Order::new(sort).sql()),
        };
        let (mut tables, mut pages) = (Vec::new(), Vec::new());
        // How many movies the previous steps have not found.
        let mut missing = wanted.clone();
        for Step { class, collect, next, all, order } in steps {
            let class = class as i32;
            let mut parts = Vec::new();
            let mut is_needed = format!("{missing} > 0");
            if let Some(collect) = collect {
                tables.push(format!(
                    "collected_{class} AS MATERIALIZED ({collect} AND {is_needed} LIMIT {MOST} + 1)"
                ));
                let is_long = format!("(SELECT count(*) FROM collected_{class}) > {MOST}");
                parts.push(format!("SELECT id FROM collected_{class} WHERE NOT {is_long}"));
                is_needed = format!("{is_needed} AND {is_long}");
            }
            tables.push(format!(
                "next_{class} AS MATERIALIZED ({next} AND {is_needed} ORDER BY {} LIMIT {wanted})",
                order.0,
            ));
            tables.push(format!(
                "all_{class} AS MATERIALIZED (
                     {all} AND {is_needed} AND (SELECT count(*) FROM next_{class}) < {missing}
                     ORDER BY {} LIMIT {wanted}
                 )",
                order.1,
            ));
            parts.extend([format!("SELECT id FROM next_{class}"), format!("SELECT id FROM all_{class}")]);
            tables.push(format!("step_{class} AS MATERIALIZED ({})", parts.join(" UNION ")));
            missing = format!("({missing} - (SELECT count(*) FROM step_{class}))");
            pages.push(format!("SELECT id, {class} AS class FROM step_{class}"));
        }
        let sql = format!(
            "WITH {}
             SELECT {SUMMARY}, {total}::bigint AS total, page.class
             FROM ({}) AS page JOIN movies ON movies.id = page.id
             ORDER BY {order} OFFSET {offset} LIMIT {limit}",
            tables.join(", "),
            pages.join(" UNION ALL "),
        );
        Listed::read_all(self.rows(connection, sql), list.sort).await
    }

    /// Returns the steps of a list by relevance, from the cursor on.
    fn steps(&mut self) -> Vec<Step> {
        let cursor = self.class_and_id();
        let id = cursor.map(|(_, id)| self.conditions.argument(id));
        let first = cursor.map_or(0, |(class, _)| class);
        let classes = [Class::Exact, Class::Beginning, Class::Name, Class::Other];
        let later = classes.into_iter().filter(|class| *class as i32 >= first);
        later
            .filter_map(|class| {
                let id = id.as_ref().filter(|_| class as i32 == first);
                let place = id.map(|id| format!(" AND movie_search.movie_id < {id}")).unwrap_or_default();
                self.step(class, &place)
            })
            .collect()
    }

    /// Returns the step of a class, or `None` if the search has no such class.
    fn step(&self, class: Class, place: &str) -> Option<Step> {
        let (exact, beginning) = (self.names.exact("movie_search"), self.names.beginning("movie_search"));
        let (own, before) = match class {
            Class::Exact => (Some(exact?), vec![]),
            Class::Beginning => (Some(beginning?), vec![]),
            Class::Name => (Some(self.name.clone()?), vec![exact, beginning]),
            Class::Other => (None, vec![exact, beginning, self.name.clone()]),
        };
        let condition = if own.is_none() { &self.matches } else { &self.checks };
        let own = own.map(|own| format!(" AND {own}")).unwrap_or_default();
        let not: String = before.into_iter().flatten().map(|other| format!(" AND NOT ({other})")).collect();
        let (join, matches) = (self.join, format!("{condition}{own}{not}"));
        let select = "SELECT movie_search.movie_id AS id FROM";
        let all = format!("{select} movie_search {join} WHERE {matches}{place}");
        Some(Step {
            class,
            collect: (class != Class::Other).then(|| all.clone()),
            next: format!(
                "{select} (
                     SELECT movie_id, key, search FROM movie_search WHERE true{place}
                     ORDER BY movie_id DESC LIMIT {NEXT}
                 ) AS movie_search {join} WHERE {matches}"
            ),
            all,
            // Adding zero keeps the planner from scanning all movies in the order of their ids.
            order: ("movie_search.movie_id DESC".into(), "movie_search.movie_id + 0 DESC".into()),
        })
    }

    /// Returns the only step of a list with another order.
    fn sorted(&mut self, sort: &Sort) -> Step {
        let order = Order::new(sort);
        let place = self.list.start.cursor().map(|cursor| order.behind(cursor, &mut self.conditions));
        let place = place.map(|place| format!(" AND ({place})")).unwrap_or_default();
        let (matches, order) = (&self.matches, order.sql());
        Step {
            class: Class::Exact,
            collect: None,
            next: format!(
                "SELECT movies.id
                 FROM (SELECT * FROM movies WHERE true{place} ORDER BY {order} LIMIT {NEXT}) AS movies
                     JOIN movie_search ON movie_search.movie_id = movies.id
                 WHERE {matches}"
            ),
            all: format!(
                "SELECT movies.id
                 FROM (
                     SELECT movies.id, movies.name, movies.date, movies.score
                     FROM movie_search JOIN movies ON movies.id = movie_search.movie_id
                     WHERE {matches}{place} OFFSET 0
                 ) AS movies WHERE true"
            ),
            order: (order.clone(), order),
        }
    }

    /// Selects the collected movies with their classes. With other filters, the names that have all words can be too
    /// many to collect.
    fn ranked(&self) -> String {
        let name = self.name.as_ref().map(|name| {
            format!(
                "CASE WHEN (SELECT count(*) FROM names) <= {MOST} THEN few.id IN (SELECT id FROM names)
                      ELSE EXISTS (SELECT FROM movie_search WHERE movie_search.movie_id = few.id AND {name}) END"
            )
        });
        let classes = [
            (self.names.exact("few"), Class::Exact),
            (self.names.beginning("few"), Class::Beginning),
            (name, Class::Name),
        ];
        let cases = classes
            .into_iter()
            .filter_map(|(condition, class)| Some(format!("WHEN {} THEN {} ", condition?, class as i32)));
        let other = Class::Other as i32;
        let cases: String = cases.chain([format!("WHEN true THEN {other} ")]).collect();
        format!("(SELECT few.id, CASE {cases}END AS class FROM few) AS few")
    }

    /// Returns the position of the cursor in a list by relevance.
    fn class_and_id(&self) -> Option<(i32, i64)> {
        let cursor = self.list.start.cursor()?;
        match cursor.place {
            Place::Class(class) => Some((class, cursor.id)),
            Place::Values(_) => None,
        }
    }

    fn rows(self, connection: &mut PgConnection, sql: String) -> Rows<'_> {
        sqlx::query_with(AssertSqlSafe(sql), self.conditions.arguments).fetch(connection)
    }
}

impl Names {
    /// Returns the condition for rows of `table` with one of these names.
    fn exact(&self, table: &str) -> Option<String> {
        match self {
            Self::None => None,
            Self::AnyOf(keys) => Some(format!("{table}.key = ANY ({keys}::text[])")),
            Self::Beginning(key) => Some(format!("{table}.key = {key}::text")),
        }
    }

    /// Returns the condition for rows of `table` whose names begin with one of these and go on.
    fn beginning(&self, table: &str) -> Option<String> {
        match self {
            Self::None | Self::AnyOf(_) => None,
            Self::Beginning(key) => {
                Some(format!("{table}.key > {key}::text AND {table}.key < {key}::text || chr(1114111)"))
            }
        }
    }
}
