//! One page of the movie list.

use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::filters::{Conditions, QUERY};
use crate::models::{
    Cursor, Key, Sort,
    movies::{MovieQuery, MovieSummary},
};

/// How many characters of an overview a list contains. Twenty of them stay below Lambda's response limit even
/// if escaping turns each character into seven bytes.
const MAX_OVERVIEW: usize = 40_000;

/// Where a page starts.
pub enum PageStart {
    /// After this many movies, which are skipped in an index.
    Offset(i64),
    /// After the movie of a cursor. Costs the same anywhere in the list.
    After(Cursor),
}

/// The movies of one page, and the total.
pub struct Page {
    /// The movies, in order.
    pub movies: Vec<MovieSummary>,
    /// The number of movies that match the filters.
    pub total: i64,
    /// The cursor after the last movie of the page.
    pub end: Cursor,
    /// Whether more movies follow.
    pub has_more: bool,
}

impl Page {
    /// Loads at most `limit` movies that match the filters of `query`. Returns `None` if there are none. One
    /// statement.
    ///
    /// Without filters, the total comes from counters that the database maintains, and an offset beyond it
    /// reads no movie. With filters, movies are counted: once for a walk by cursor, and for every page by
    /// offset.
    pub async fn load(
        connection: &mut PgConnection,
        query: &MovieQuery,
        sort: Sort,
        start: &PageStart,
        limit: i64,
    ) -> sqlx::Result<Option<Self>> {
        let conditions = Conditions::new(query);
        let is_filtered = !conditions.sql.is_empty();
        let (sql, arguments) = statement(conditions, sort, start, limit);
        // The best plan for a search depends on its words, so its statement is not prepared.
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

/// Returns the SQL expression that movies are sorted by before their ids. `query` in it stands for the
/// search.
const fn sort_key(sort: Sort) -> Option<&'static str> {
    match sort {
        Sort::Newest => None,
        Sort::Name => Some(r#"name COLLATE "C""#),
        Sort::Earliest | Sort::Latest => Some("date"),
        Sort::Worst | Sort::Best => Some("score"),
        Sort::Relevance => Some("ts_rank(search, query)"),
    }
}

/// Selects the page's ids from an index first, and then looks up only these movies.
fn statement(
    mut conditions: Conditions,
    sort: Sort,
    start: &PageStart,
    limit: i64,
) -> (String, sqlx::postgres::PgArguments) {
    const COUNTED: &str = "(SELECT sum(movies)::bigint FROM movie_counts)";
    let filters = std::mem::take(&mut conditions.sql);
    let total = match start {
        _ if filters.is_empty() => COUNTED.to_owned(),
        PageStart::Offset(_) => format!("(SELECT count(*) FROM movies WHERE true{filters})"),
        PageStart::After(cursor) => conditions.argument(cursor.total),
    };
    let key = sort_key(sort).unwrap_or("NULL").replace("query", QUERY);
    let (direction, comparison) = if sort.is_ascending() { ("ASC", ">") } else { ("DESC", "<") };
    let place = match start {
        PageStart::Offset(offset) if filters.is_empty() => {
            format!(" AND {COUNTED} > {}", conditions.argument(*offset))
        }
        PageStart::Offset(_) => String::new(),
        PageStart::After(cursor) => {
            let id = conditions.argument(cursor.id);
            match bound(&cursor.key, &mut conditions) {
                None => format!(" AND id {comparison} {id}"),
                Some(bound) => format!(" AND ({key}, id) {comparison} ({bound}, {id})"),
            }
        }
    };
    let offset = match start {
        PageStart::Offset(offset) => *offset,
        PageStart::After(_) => 0,
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

/// Adds the value that sort keys are compared with, and returns its placeholder.
fn bound(key: &Key, conditions: &mut Conditions) -> Option<String> {
    Some(match key {
        Key::None => return None,
        Key::Name(name) => conditions.argument(name.clone()),
        Key::Date(date) => conditions.argument(*date),
        Key::Score(score) => conditions.argument(*score),
        Key::Relevance(relevance) => conditions.argument(*relevance),
    })
}

/// Returns the sort key of the movie in this row.
fn key(sort: Sort, row: &PgRow) -> sqlx::Result<Key> {
    Ok(match sort {
        Sort::Newest => Key::None,
        Sort::Name => Key::Name(row.try_get("key")?),
        Sort::Earliest | Sort::Latest => Key::Date(row.try_get("key")?),
        // Adding zero turns a negative zero into a positive one.
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
