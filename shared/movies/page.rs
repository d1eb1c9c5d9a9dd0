//! One page of the movie list.

use futures_util::{TryStreamExt, stream::BoxStream};
use sqlx::{
    AssertSqlSafe, PgConnection, Row,
    postgres::{PgArguments, PgRow},
};

use super::{
    filters::{self, Conditions},
    found,
    named::FilterIds,
    order::{self, Order},
    search::{self, Plan, Search, SearchQuery},
};
use crate::database::is_timeout;
use crate::models::{
    Cursor, Place, Sort,
    movies::{MovieQuery, MovieSummary},
};

/// How many characters of an overview a list contains. Twenty of them stay below Lambda's response limit even if escaping
/// turns each character into seven bytes.
pub(super) const MAX_OVERVIEW: usize = 40_000;

/// The columns of a movie, which a statement of a list selects first. An overview is cut where it is read, because the
/// database would take as long for that as for three more movies.
pub(super) const SUMMARY: &str = "movies.id, movies.name, movies.date, movies.score, movies.overview";

/// The number of all movies, from a counter that the database maintains.
const ALL_MOVIES: &str = "(SELECT movies FROM movie_counts)";

/// Where a page starts.
pub enum PageStart {
    /// After this many movies, which are skipped in an index.
    Offset(i64),
    /// After the movie of a cursor. Costs the same anywhere in the list.
    After(Cursor),
}

/// The page of a list to load.
pub struct List<'a> {
    /// The filters.
    pub query: &'a MovieQuery,
    /// The order.
    pub sort: &'a Sort,
    /// The start of the page.
    pub start: &'a PageStart,
    /// The maximum number of movies on the page.
    pub limit: i64,
}

/// The rows of a statement, as they arrive.
pub(super) type Rows<'a> = BoxStream<'a, sqlx::Result<PgRow>>;

/// A row of a list: the columns of [`SUMMARY`], the total, and in a search by relevance the class.
pub(super) struct Listed {
    movie: MovieSummary,
    total: i64,
    class: Option<i32>,
}

/// The movies of one page, and the total.
pub struct Page {
    /// The movies, in order.
    pub movies: Vec<MovieSummary>,
    /// The number of movies that match the filters; of a search at most 10,000.
    pub total: i64,
    /// The cursor after the last movie of the page.
    pub end: Cursor,
    /// Whether more movies follow.
    pub has_more: bool,
}

impl Page {
    /// Loads the page. Returns `None` if it has no movies. One statement, and one before it if filters name something; a
    /// search runs its own transactions.
    ///
    /// Without filters, the total comes from a counter that the database maintains, and an offset beyond it
    /// reads no movie. With filters, movies are counted: once for a walk by cursor, and for every page by
    /// offset.
    pub async fn load(connection: &mut PgConnection, list: &List<'_>) -> sqlx::Result<Option<Self>> {
        let Some(named) = FilterIds::find(connection, list.query).await? else { return Ok(None) };
        match &list.query.q {
            Some(words) => Self::search(connection, list, &named, &SearchQuery::read(words.as_str())).await,
            None => Ok(Self::of_rows(list, list.rows(connection, &named).await?)),
        }
    }

    /// Loads the movies that have the words, or similar ones if no movie has them.
    async fn search(
        connection: &mut PgConnection,
        list: &List<'_>,
        named: &FilterIds,
        words: &SearchQuery,
    ) -> sqlx::Result<Option<Self>> {
        let Some(exact) = words.search() else { return Ok(None) };
        let rows = match Self::search_by(Plan::Estimated, connection, list, named, words, &exact).await {
            Err(error) if is_timeout(&error) => {
                Self::search_by(Plan::Indexed, connection, list, named, words, &exact).await?
            }
            outcome => outcome?,
        };
        Ok(Self::of_rows(list, rows))
    }

    async fn search_by(
        plan: Plan,
        connection: &mut PgConnection,
        list: &List<'_>,
        named: &FilterIds,
        words: &SearchQuery,
        exact: &Search,
    ) -> sqlx::Result<Vec<Listed>> {
        let mut transaction = plan.begin(connection).await?;
        let mut found = found::load(&mut transaction, list, named, exact).await?;
        if found.rows.is_empty()
            && (found.none_has_words || !exact.exists(&mut transaction).await?)
            && let Some(similar) = search::correct(&mut transaction, words).await?
        {
            found = found::load(&mut transaction, list, named, &similar).await?;
        }
        transaction.commit().await?;
        Ok(found.rows)
    }

    /// Returns the page for its rows, of which there is one more than the limit if more movies follow. Returns `None` for
    /// no rows.
    fn of_rows(list: &List<'_>, mut rows: Vec<Listed>) -> Option<Self> {
        // Totals of searches have a maximum, in the middle of a page perhaps.
        let counted = match list.start {
            PageStart::Offset(offset) if list.query.q.is_some() => rows.first()?.total - offset,
            _ => i64::MAX,
        };
        let limit = usize::try_from(list.limit.min(counted)).unwrap_or_default();
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let Listed { movie: last, total, class } = rows.last()?;
        let place = match class {
            Some(class) => Place::Class(*class),
            None => Place::Values(order::values(list.sort, last)),
        };
        let filters = filters::fingerprint(&filters::parameters(list.query));
        let end = Cursor { sort: list.sort.clone(), filters, total: *total, id: last.id, place };
        Some(Self {
            movies: rows.into_iter().map(|row| row.movie).collect(),
            total: end.total,
            end,
            has_more,
        })
    }
}

impl List<'_> {
    /// Loads the rows of a list without words, and one more than the limit if more movies follow.
    async fn rows(&self, connection: &mut PgConnection, named: &FilterIds) -> sqlx::Result<Vec<Listed>> {
        let conditions = Conditions::new(self.query, named);
        let is_filtered = !conditions.sql.is_empty();
        let (sql, arguments) = self.statement(conditions);
        // The best plan depends on the filters, so a statement with filters is not prepared.
        let query = sqlx::query_with(AssertSqlSafe(sql), arguments);
        Listed::read_all(query.persistent(!is_filtered).fetch(connection), self.sort).await
    }

    fn statement(&self, conditions: Conditions) -> (String, PgArguments) {
        match self.start {
            PageStart::Offset(0) if conditions.sql.is_empty() => self.first_or_next(conditions, None),
            PageStart::After(cursor) if conditions.sql.is_empty() => {
                self.first_or_next(conditions, Some(cursor))
            }
            _ => self.selected_by_index(conditions),
        }
    }

    /// Reads a page of all movies at the start of an index or after a cursor. The limit is not an argument, so that PostgreSQL
    /// plans the statement once for each connection instead of once for each request.
    fn first_or_next(&self, mut conditions: Conditions, cursor: Option<&Cursor>) -> (String, PgArguments) {
        let order = Order::new(self.sort);
        let (total, place) = match cursor {
            None => (ALL_MOVIES.to_owned(), String::new()),
            Some(cursor) => {
                let total = conditions.argument(cursor.total);
                (total, format!(" WHERE {}", order.behind(cursor, &mut conditions)))
            }
        };
        let (order, limit) = (order.sql(), self.limit + 1);
        let sql =
            format!("SELECT {SUMMARY}, {total} AS total FROM movies{place} ORDER BY {order} LIMIT {limit}");
        (sql, conditions.arguments)
    }

    /// Selects the page's ids from an index first, and then looks up only these movies.
    fn selected_by_index(&self, mut conditions: Conditions) -> (String, PgArguments) {
        let filters = std::mem::take(&mut conditions.sql);
        let order = Order::new(self.sort);
        let total = match self.start {
            _ if filters.is_empty() => ALL_MOVIES.to_owned(),
            PageStart::Offset(_) => format!("(SELECT count(*) FROM movies WHERE true{filters})"),
            PageStart::After(cursor) => conditions.argument(cursor.total),
        };
        let place = match self.start {
            PageStart::Offset(offset) if filters.is_empty() => {
                format!(" AND {ALL_MOVIES} > {}", conditions.argument(*offset))
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
    /// Returns the number of movies to skip.
    pub fn offset(&self) -> i64 {
        match self {
            Self::Offset(offset) => *offset,
            Self::After(_) => 0,
        }
    }

    /// Returns the cursor.
    pub fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Offset(_) => None,
            Self::After(cursor) => Some(cursor),
        }
    }
}

impl Listed {
    /// Reads all rows, one after the other, so that only one whole overview is in memory.
    pub(super) async fn read_all(mut rows: Rows<'_>, sort: &Sort) -> sqlx::Result<Vec<Self>> {
        let mut listed = Vec::new();
        while let Some(row) = rows.try_next().await? {
            listed.push(Self::read(&row, sort)?);
        }
        Ok(listed)
    }

    /// Reads a row by position and without a check of its types, which take longer than reading the values.
    pub(super) fn read(row: &PgRow, sort: &Sort) -> sqlx::Result<Self> {
        let overview: &str = row.try_get_unchecked(4)?;
        let movie = MovieSummary {
            id: row.try_get_unchecked(0)?,
            name: row.try_get_unchecked(1)?,
            date: row.try_get_unchecked(2)?,
            score: row.try_get_unchecked(3)?,
            overview: cut(overview).to_owned(),
        };
        let class = (*sort == Sort::Relevance).then(|| row.try_get_unchecked(6)).transpose()?;
        Ok(Self { movie, total: row.try_get_unchecked(5)?, class })
    }
}

/// Returns the first [`MAX_OVERVIEW`] characters.
fn cut(overview: &str) -> &str {
    // Characters are only counted where there are more bytes.
    if overview.len() > MAX_OVERVIEW {
        overview.char_indices().nth(MAX_OVERVIEW).map_or(overview, |(end, _)| &overview[..end])
    } else {
        overview
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overview_is_cut_after_characters_not_bytes() {
        for character in ["a", "é", "\u{1f3ac}"] {
            let whole = character.repeat(MAX_OVERVIEW);
            assert_eq!(cut(&whole), whole, "{character}");
            assert_eq!(cut(&format!("{whole}{character}")), whole, "{character}");
        }
        assert_eq!(cut(""), "");
    }
}
