//! One page of the catalogue.

use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::filters::{Conditions, QUERY};
use crate::models::{
    Cursor, Key, Sort,
    movies::{MovieQuery, MovieSummary},
};

/// How many characters of an overview a list shows. Lambda returns twenty of them even where escaping makes seven bytes
/// of each.
pub(super) const MAX_OVERVIEW: i32 = 40_000;

/// Where a page begins.
pub enum Start {
    /// After so many movies. They are counted off in an index.
    Offset(i64),
    /// Behind the movie that a cursor names: as quick in the middle of the list as at its start.
    After(Cursor),
}

/// Movies of one page, and how many there are in all.
pub struct Page {
    /// The movies, in their order.
    pub movies: Vec<MovieSummary>,
    /// How many movies the filters let through.
    pub total: i64,
    /// The place behind the last movie of the page.
    pub end: Cursor,
    /// Whether there are more behind it.
    pub has_more: bool,
}

impl Page {
    /// Loads at most `limit` movies that the filters of `query` let through, or `None` where there are none. One statement.
    ///
    /// Without filters the total comes from the counters that the database keeps, and an offset past it reads
    /// no movie. With filters it is counted, on the first page of a walk by cursor and on every page by offset.
    pub async fn load(
        connection: &mut PgConnection,
        query: &MovieQuery,
        sort: Sort,
        start: &Start,
        limit: i64,
    ) -> sqlx::Result<Option<Self>> {
        let conditions = Conditions::new(query);
        let is_filtered = !conditions.sql.is_empty();
        let (sql, arguments) = statement(conditions, sort, start, limit);
        // Which plan is best depends on what is looked for, so no plan is kept for searches.
        let rows = sqlx::query_with(AssertSqlSafe(sql), arguments)
            .persistent(!is_filtered)
            .fetch_all(connection)
            .await?;

        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let shown = &rows[..rows.len().min(limit)];
        let Some(last) = shown.last() else { return Ok(None) };
        let total = last.try_get("total")?;
        Ok(Some(Self {
            movies: shown.iter().map(summary).collect::<sqlx::Result<_>>()?,
            total,
            end: Cursor { sort, total, id: last.try_get("id")?, key: key(sort, last)? },
            has_more: rows.len() > limit,
        }))
    }
}

/// Returns what movies are sorted by before their ids, as SQL in which `query` stands for the search.
const fn sort_key(sort: Sort) -> Option<&'static str> {
    match sort {
        Sort::Newest => None,
        Sort::Name => Some(r#"name COLLATE "C""#),
        Sort::Earliest | Sort::Latest => Some("date"),
        Sort::Worst | Sort::Best => Some("score"),
        Sort::Relevance => Some("ts_rank(search, query)"),
    }
}

/// The page's ids come from an index alone; only its own movies are then looked up.
fn statement(
    mut conditions: Conditions,
    sort: Sort,
    start: &Start,
    limit: i64,
) -> (String, sqlx::postgres::PgArguments) {
    const COUNTED: &str = "(SELECT sum(movies)::bigint FROM movie_counts)";
    let filters = std::mem::take(&mut conditions.sql);
    let total = match start {
        _ if filters.is_empty() => COUNTED.to_owned(),
        Start::Offset(_) => format!("(SELECT count(*) FROM movies WHERE true{filters})"),
        Start::After(cursor) => conditions.argument(cursor.total),
    };
    let key = sort_key(sort).unwrap_or("NULL").replace("query", QUERY);
    let (direction, comparison) = if sort.ascends() { ("ASC", ">") } else { ("DESC", "<") };
    let place = match start {
        Start::Offset(offset) if filters.is_empty() => {
            format!(" AND {COUNTED} > {}", conditions.argument(*offset))
        }
        Start::Offset(_) => String::new(),
        Start::After(cursor) => {
            let id = conditions.argument(cursor.id);
            match bound(&cursor.key, &mut conditions) {
                None => format!(" AND id {comparison} {id}"),
                Some(bound) => format!(" AND ({key}, id) {comparison} ({bound}, {id})"),
            }
        }
    };
    let offset = match start {
        Start::Offset(offset) => *offset,
        Start::After(_) => 0,
    };
    let order = |key: &str, id: &str| match sort_key(sort) {
        None => format!("{id} {direction}"),
        Some(_) => format!("{key} {direction}, {id} {direction}"),
    };
    let (inner, outer) = (order(&key, "id"), order("page.key", "page.id"));
    let (offset, limit) = (conditions.argument(offset), conditions.argument(limit + 1));
    let sql = format!(
        "SELECT movies.id, name, date, score, left(overview, {MAX_OVERVIEW}) AS overview, page.key AS key,
                {total} AS total
         FROM (
             SELECT id, {key} AS key FROM movies WHERE true{filters}{place}
             ORDER BY {inner} OFFSET {offset} LIMIT {limit}
         ) AS page JOIN movies USING (id)
         ORDER BY {outer}"
    );
    (sql, conditions.arguments)
}

/// Adds what the movies are compared with, and answers what stands for it in SQL.
fn bound(key: &Key, conditions: &mut Conditions) -> Option<String> {
    Some(match key {
        Key::None => return None,
        Key::Name(name) => conditions.argument(name.clone()),
        Key::Date(date) => conditions.argument(*date),
        Key::Score(score) => conditions.argument(*score),
        Key::Relevance(relevance) => conditions.argument(*relevance),
    })
}

/// What the movie of this row is sorted by.
fn key(sort: Sort, row: &PgRow) -> sqlx::Result<Key> {
    Ok(match sort {
        Sort::Newest => Key::None,
        Sort::Name => Key::Name(row.try_get("key")?),
        Sort::Earliest | Sort::Latest => Key::Date(row.try_get("key")?),
        // Adding zero makes a positive zero of a negative one.
        Sort::Worst | Sort::Best => Key::Score(row.try_get::<f64, _>("key")? + 0.0),
        Sort::Relevance => Key::Relevance(row.try_get("key")?),
    })
}

fn summary(row: &PgRow) -> sqlx::Result<MovieSummary> {
    Ok(MovieSummary {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        date: row.try_get("date")?,
        score: row.try_get("score")?,
        overview: row.try_get("overview")?,
    })
}
