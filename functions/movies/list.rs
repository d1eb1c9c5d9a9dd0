//! `GET /api/v1/theater/movies/`: one page of the catalogue, newest movie first.

use serde::Serialize;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    input::{self, Integer},
    movies::{Page, Summary},
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        query page: Integer<1> = 1,
        query per_page: Integer<1, 20> = 10,
    }
}

#[derive(Serialize)]
struct Answer {
    movies: Vec<Summary>,
    prev_page: Option<String>,
    next_page: Option<String>,
    total_pages: i64,
    total_items: i64,
}

struct ListMovies {
    database: Database,
}

impl Endpoint for ListMovies {
    const METHODS: Methods = Methods::only(&[Method::GET]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let input = Input::read(request)?;
        let (page, per_page) = (input.page.get(), input.per_page.get());
        let offset = (page - 1).saturating_mul(per_page);
        let found =
            self.database.read(|connection| Box::pin(Page::load(connection, offset, per_page))).await?;
        let Page { movies, total } = found.ok_or_else(|| Error::not_found("No movies found."))?;

        let total_pages = (total - 1) / per_page + 1;
        let link = |page: i64| format!("/theater/movies/?page={page}&per_page={per_page}");
        json(
            StatusCode::OK,
            &Answer {
                movies,
                prev_page: (page > 1).then(|| link(page - 1)),
                next_page: (page < total_pages).then(|| link(page + 1)),
                total_pages,
                total_items: total,
            },
        )
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<ListMovies>().await
}
