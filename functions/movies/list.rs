//! `GET /api/v1/theater/movies/`: one page of the catalogue, or of the part of it that is looked for.
//!
//! Pages are counted (`page`), or read on from a place (`after`, which the `Link` header of a page names).

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::{Database, ReadError},
    http::{Cache, Error, Query, Request, Response, Route, StatusCode, add_next_link, json},
    models::{
        Cursor, Sort,
        movies::{MoviePage, MovieQuery},
    },
    movies::{MOVIES, Page, PageStart, filters},
    openapi::{Documented, Operation},
    secrets::Secrets,
    validation::Fault,
};
use sqlx::PgConnection;

/// How long a search may take. The logins that `manage` makes for readers have a `statement_timeout` below it, which
/// keeps the connection; this is for databases with other logins. Setting the timeout by statement would cost two
/// round trips, and RDS Proxy takes no settings when a connection starts.
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
        let list = List::new(query)?;
        let found = self.find(&list).await?;
        let Page { movies, total, end, has_more } =
            found.ok_or_else(|| Error::not_found("No movies found."))?;

        let rest = list.rest_of_query();
        let total_pages = (total - 1) / list.per_page + 1;
        let counted = |page: i64| format!("/theater/movies/?page={page}&{rest}");
        let read_on = format!("?after={}&{rest}", end.encode());
        let (prev_page, next_page) = match list.page {
            Some(page) => {
                ((page > 1).then(|| counted(page - 1)), (page < total_pages).then(|| counted(page + 1)))
            }
            None => (None, has_more.then(|| format!("/theater/movies/{read_on}"))),
        };
        let page = MoviePage { movies, prev_page, next_page, total_pages, total_items: total };
        let mut response = json(StatusCode::OK, &page)?;
        if has_more {
            add_next_link(&mut response, &read_on)?;
        }
        self.cache.respond(request, response)
    }
}

impl ListMovies {
    /// The page, or `None` where it has no movie or a search took too long.
    async fn find(&self, list: &List) -> Result<Option<Page>, Error> {
        let is_search = list.query.q.is_some();
        let limit = if is_search { SEARCH_LIMIT } else { Duration::MAX };
        let outcome = self.database.read_within(limit, async |connection| list.load(connection).await).await;
        match outcome {
            Err(ReadError::Timeout) if is_search => {
                tracing::warn!("a search took too long and was answered as one that finds nothing");
                Ok(None)
            }
            Err(ReadError::InvalidValue) => {
                Err(Error::Invalid(vec![Fault::invalid_for_database(list.text_parameter())]))
            }
            outcome => Ok(outcome?),
        }
    }
}

/// Which part of which list is asked for.
struct List {
    query: MovieQuery,
    start: PageStart,
    sort: Sort,
    /// The number of the page; `None` where the list is read on from a cursor.
    page: Option<i64>,
    per_page: i64,
}

impl List {
    /// Returns the list that `query` asks for. Fails where a cursor meets another order or a page.
    fn new(mut query: MovieQuery) -> Result<Self, Error> {
        let sort = query.sort.unwrap_or(Sort::default_for(query.q.is_some()));
        let (page, per_page) = (query.page, query.per_page);
        let (start, page) = match query.after.take() {
            Some(cursor) if cursor.sort != sort => {
                return Err(refused_cursor(&cursor, "The cursor belongs to another order."));
            }
            Some(cursor) if page.is_some() => {
                return Err(refused_cursor(&cursor, "A cursor and a page cannot go together."));
            }
            Some(cursor) => (PageStart::After(cursor), None),
            None => {
                let page = page.unwrap_or(1);
                (PageStart::Offset((page - 1).saturating_mul(per_page)), Some(page))
            }
        };
        Ok(Self { query, start, sort, page, per_page })
    }

    async fn load(&self, connection: &mut PgConnection) -> sqlx::Result<Option<Page>> {
        Page::load(connection, &self.query, self.sort, &self.start, self.per_page).await
    }

    /// The parameter whose text is the likeliest to be none for the database.
    fn text_parameter(&self) -> Option<&'static str> {
        match &self.start {
            PageStart::After(_) if self.query.q.is_none() => Some("after"),
            _ => filters::parameters(&self.query).first().map(|(name, _)| *name),
        }
    }

    /// The parameters of every link of the list, but for the one that says where its page starts.
    fn rest_of_query(&self) -> String {
        const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let mut query = format!("per_page={}", self.per_page);
        let mut parameters = filters::parameters(&self.query);
        if self.sort != Sort::default_for(self.query.q.is_some()) {
            parameters.push(("sort", self.sort.name().to_owned()));
        }
        for (name, value) in parameters {
            query.push_str(&format!("&{name}={}", utf8_percent_encode(&value, ESCAPED)));
        }
        query
    }
}

fn refused_cursor(cursor: &Cursor, sentence: &str) -> Error {
    Error::Invalid(vec![Fault::value_error(sentence).in_query("after", &cursor.encode())])
}

impl Documented for ListMovies {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listMovies")
            .summary(
                "List or find movies",
                "A page of the catalogue, or of those of its movies that meet every filter.",
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
                "Where the list goes on, at one price however deep: `rel=\"next\"`.",
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
