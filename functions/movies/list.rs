//! `GET /api/v1/theater/movies/`: one page of the movies that match the search and the filters.
//!
//! A client asks for a page by number (`page`) or by cursor (`after`, which the `Link` header of a page contains).

use std::time::Duration;

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::{Database, ReadError},
    http::{Cache, Error, Paging, Query, Request, Response, Route, StatusCode, add_next_link, escaped, json},
    models::{
        Cursor, Sort,
        movies::{MoviePage, MovieQuery},
    },
    movies::{self, MOVIES, Page, PageStart, filters},
    openapi::{Documented, Operation},
    secrets::Secrets,
    validation::Fault,
};
use sqlx::PgConnection;

/// How long the function waits for a search, filters, or a later page by number. PostgreSQL ends their statements earlier
/// (`shared/movies/search/`, the login's `statement_timeout`), which keeps the connection; this is for a server that does
/// not respond.
const SEARCH_LIMIT: Duration = Duration::from_secs(6);

pub(crate) struct ListMovies {
    database: Database,
    cache: Cache,
}

impl Endpoint for ListMovies {
    const ROUTES: &'static [Route] = &[MOVIES.get()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Query(query) = request.read()?;
        let list = ListRequest::new(query)?;
        let found = self.find(&list).await?;
        let Page { movies, total, end, has_more } =
            found.ok_or_else(|| Error::not_found("No movies found."))?;

        let query = list.common_query();
        let total_pages = (total - 1) / list.per_page + 1;
        let numbered = |page: i64| format!("/theater/movies/?page={page}&{query}");
        let after_cursor = format!("?after={}&{query}", end.encode());
        let (prev_page, next_page) = match list.page {
            Some(page) => {
                ((page > 1).then(|| numbered(page - 1)), (page < total_pages).then(|| numbered(page + 1)))
            }
            None => (None, has_more.then(|| format!("/theater/movies/{after_cursor}"))),
        };
        let page = MoviePage { movies, prev_page, next_page, total_pages, total_items: total };
        let mut response = json(StatusCode::OK, &page)?;
        if has_more {
            add_next_link(&mut response, &after_cursor)?;
        }
        self.cache.respond(request, response)
    }
}

impl ListMovies {
    /// Returns the page, or `None` if it has no movies or if a search, filters or a later page time out.
    async fn find(&self, list: &ListRequest) -> Result<Option<Page>, Error> {
        let is_costly = !list.parameters.is_empty() || list.start.offset() > 0;
        let limit = if is_costly { SEARCH_LIMIT } else { Duration::MAX };
        let outcome = self.database.read_within(limit, async |connection| list.load(connection).await).await;
        match outcome {
            Err(ReadError::Timeout) if is_costly => {
                tracing::warn!("a list timed out; the response says that it found nothing");
                Ok(None)
            }
            Err(ReadError::InvalidValue) => {
                Err(Error::Invalid(vec![Fault::invalid_for_database(list.text_parameter())]))
            }
            outcome => Ok(outcome?),
        }
    }
}

/// The list, and the part of it, that the client asks for.
struct ListRequest {
    query: MovieQuery,
    start: PageStart,
    sort: Sort,
    /// The query parameters of the filters.
    parameters: Vec<(&'static str, String)>,
    /// The number of the page; `None` if the page starts at a cursor.
    page: Option<i64>,
    per_page: i64,
}

impl ListRequest {
    /// Returns the list that `query` asks for. Fails if a cursor belongs to another order or other filters, or stands
    /// beside a page.
    fn new(mut query: MovieQuery) -> Result<Self, Error> {
        let sort = query.sort.take().unwrap_or_else(|| Sort::default_for(query.q.is_some()));
        let parameters = filters::parameters(&query);
        let (page, per_page) = (query.page, query.per_page);
        let (start, page) = match query.after.take() {
            Some(cursor) if cursor.sort != sort => {
                return Err(invalid_cursor(&cursor, "The cursor belongs to another order."));
            }
            Some(cursor) if cursor.filters != filters::fingerprint(&parameters) => {
                return Err(invalid_cursor(&cursor, "The cursor belongs to other filters."));
            }
            Some(cursor) if page.is_some() => {
                return Err(invalid_cursor(&cursor, "A cursor and a page cannot go together."));
            }
            Some(cursor) => (PageStart::After(cursor), None),
            None => {
                let page = page.unwrap_or(1);
                (PageStart::Offset(Paging { page, per_page }.offset()), Some(page))
            }
        };
        Ok(Self { query, start, sort, parameters, page, per_page })
    }

    async fn load(&self, connection: &mut PgConnection) -> sqlx::Result<Option<Page>> {
        let Self { query, sort, start, per_page, .. } = self;
        Page::load(connection, &movies::List { query, sort, start, limit: *per_page }).await
    }

    /// Returns the parameter that most likely holds the text that the database rejected.
    fn text_parameter(&self) -> Option<&'static str> {
        match &self.start {
            PageStart::After(_) if self.query.q.is_none() => Some("after"),
            _ => self.parameters.first().map(|(name, _)| *name),
        }
    }

    /// Returns the parameters that every link of the list has: all but the one that says where the page starts.
    fn common_query(&self) -> String {
        let mut query = format!("per_page={}", self.per_page);
        let sort =
            (self.sort != Sort::default_for(self.query.q.is_some())).then(|| ("sort", self.sort.name()));
        let filters = self.parameters.iter().map(|(name, value)| (*name, value.as_str().into()));
        for (name, value) in filters.chain(sort) {
            query.push_str(&format!("&{name}={}", escaped(&value)));
        }
        query
    }
}

fn invalid_cursor(cursor: &Cursor, sentence: &str) -> Error {
    Error::Invalid(vec![Fault::value_error(sentence).in_query("after", &cursor.encode())])
}

impl Documented for ListMovies {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listMovies")
            .summary(
                "List or find movies",
                "Returns a page of the movies that match the search and every filter. If no movie has the words of \
                 `q`, names with small misspellings match.",
            )
            .request::<Query<MovieQuery>>(json!({"page": 1, "per_page": 10}))
            .responds::<MoviePage>(
                200,
                "The page.",
                json!({
                    "movies": [{
                        "id": 1, "name": "Heat", "date": "1995-12-15", "score": 83.0,
                        "overview": "A detective hunts a crew of thieves.",
                    }],
                    "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 1,
                }),
            )
            .response_header(
                200,
                "Link",
                "The next page (`rel=\"next\"`), by cursor: deep pages are as fast as the first.",
            )
            .link(200, "getMovie", &[("movie_id", "$response.body#/movies/0/id")])
            .cacheable()
            .error(404, "No movies found.")
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListMovies>()
}
