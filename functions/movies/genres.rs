//! `GET /api/v1/theater/genres/`: the genres, each with the number of its movies.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Method, Request, Response, StatusCode, json},
    movies::Genre,
    secrets::Secrets,
    serve,
};

struct ListGenres {
    database: Database,
    cache: Cache,
}

impl Endpoint for ListGenres {
    const METHODS: Methods = Methods::only(&[Method::GET]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let genres = self.database.read(|connection| Box::pin(Genre::all(connection))).await?;
        self.cache.answer(request, json(StatusCode::OK, &json!({ "genres": genres }))?)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<ListGenres>().await
}
