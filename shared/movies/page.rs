//! One page of the catalogue.

use sqlx::{AssertSqlSafe, PgConnection, Row, postgres::PgRow};

use super::{
    filters::{self, Conditions},
    found,
    order::{self, Order},
    search::{self, Query},
};
use crate::models::{
    Cursor, Place, Sort,
    movies::{MovieQuery, MovieSummary},
};

/// What a page shows of its movies. Of an overview 40,000 characters: Lambda returns twenty of them even where escaping
/// makes seven bytes of each.
pub(super) const SUMMARY: &str =
    "movies.id, movies.name, movies.date, movies.score, left(movies.overview, 40000) AS overview";

/// Where a page begins.
pub enum PageStart {
    /// After so many movies. They are counted off in an index.
    Offset(i64),
    /// Behind the movie that a cursor names: as quick in the middle of the list as at its start.
    After(Cursor),
}

/// A part of a list of movies.
pub struct List<'a> {
    /// What its movies must meet.
    pub query: &'a MovieQuery,
    /// Their order.
    pub sort: &'a Sort,
    /// Where the part begins.
    pub start: &'a PageStart,
    /// How many movies it has at most.
    pub limit: i64,
}

/// Movies of one page, and how many there are in all.
pub struct Page {
    /// The movies, in their order.
    pub movies: Vec<MovieSummary>,
    /// How many movies the filters let through; of a search at most 10,000.
    pub total: i64,
    /// The place behind the last movie of the page.
    pub end: Cursor,
    /// Whether there are more behind it.
    pub has_more: bool,
}

impl Page {
    /// Loads the part of the list, or `None` where it has no movies. One statement; a search takes its own transaction.
    ///
    /// Without filters the total comes from the counters that the database keeps, and an offset past it reads
    /// no movie. With filters it is counted, on the first page of a walk by cursor and on every page by offset.
    pub async fn load(connection: &mut PgConnection, list: &List<'_>) -> sqlx::Result<Option<Self>> {
        match &list.query.q {
            Some(words) => Self::search(connection, list, &Query::read(words.as_str())).await,
            None => Self::of_rows(list, list.rows(connection).await?),
        }
    }

    /// Loads the part of what is found: by the words, or by similar ones where no movie has them.
    async fn search(
        connection: &mut PgConnection,
        list: &List<'_>,
        words: &Query,
    ) -> sqlx::Result<Option<Self>> {
        let Some(exact) = words.search() else { return Ok(None) };
        let mut transaction = search::begin(connection).await?;
        let mut found = found::load(&mut transaction, list, &exact).await?;
        if found.rows.is_empty()
            && (found.none_has_words || !exact.exists(&mut transaction).await?)
            && let Some(similar) = search::correct(&mut transaction, words).await?
        {
            found = found::load(&mut transaction, list, &similar).await?;
        }
        transaction.commit().await?;
        Self::of_rows(list, found.rows)
    }

    /// Makes a page of its movies and perhaps one more.
    fn of_rows(list: &List<'_>, rows: Vec<PgRow>) -> sqlx::Result<Option<Self>> {
        let limit = usize::try_from(list.limit).unwrap_or(usize::MAX);
        let shown = &rows[..rows.len().min(limit)];
        let movies = shown.iter().map(summary).collect::<sqlx::Result<Vec<_>>>()?;
        let (Some(last), Some(row)) = (movies.last(), shown.last()) else { return Ok(None) };
        let total = row.try_get("total")?;
        let place = match list.sort {
            Sort::Relevance => Place::Class(row.try_get("class")?),
            sort => Place::Values(order::values(sort, last)),
        };
        let filters = filters::fingerprint(&filters::parameters(list.query));
        let end = Cursor { sort: list.sort.clone(), filters, total, id: last.id, place };
        Ok(Some(Self { movies, total, end, has_more: rows.len() > limit }))
    }
}

impl List<'_> {
    /// Loads the movies of a list that is no search, and one more where there are more.
    async fn rows(&self, connection: &mut PgConnection) -> sqlx::Result<Vec<PgRow>> {
        let conditions = Conditions::new(self.query);
        let is_filtered = !conditions.sql.is_empty();
        let (sql, arguments) = self.statement(conditions);
        // Which plan is best depends on what is looked for, so no plan is kept where there are filters.
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        query.persistent(!is_filtered).fetch_all(connection).await
    }

    /// The page's ids come from an index alone; only its own movies are then looked up.
    fn statement(&self, mut conditions: Conditions) -> (String, sqlx::postgres::PgArguments) {
        const COUNTED: &str = "(SELECT sum(movies)::bigint FROM movie_counts)";
        let filters = std::mem::take(&mut conditions.sql);
        let order = Order::new(self.sort);
        let total = match self.start {
            _ if filters.is_empty() => COUNTED.to_owned(),
            PageStart::Offset(_) => format!("(SELECT count(*) FROM movies WHERE true{filters})"),
            PageStart::After(cursor) => conditions.argument(cursor.total),
        };
        let place = match self.start {
            PageStart::Offset(offset) if filters.is_empty() => {
                format!(" AND {COUNTED} > {}", conditions.argument(*offset))
            }
            PageStart::Offset(_) => String::new(),
            PageStart::After(cursor) => format!(" AND {}", order.behind(cursor, &mut conditions)),
        };
        let offset = conditions.argument(self.start.offset());
        let (limit, order) = (conditions.argument(self.limit + 1), order.sql());
        let sql = format!(
            "SELECT {SUMMARY}, {total} AS total
             FROM (
                 SELECT id FROM movies WHERE true{filters}{place} ORDER BY {order} OFFSET {offset} LIMIT {limit}
             ) AS page JOIN movies USING (id)
             ORDER BY {order}"
        );
        (sql, conditions.arguments)
    }
}

impl PageStart {
    /// Returns how many movies are counted off.
    pub fn offset(&self) -> i64 {
        match self {
            Self::Offset(offset) => *offset,
            Self::After(_) => 0,
        }
    }

    /// Returns the cursor that the page goes on from.
    pub fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Offset(_) => None,
            Self::After(cursor) => Some(cursor),
        }
    }
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
