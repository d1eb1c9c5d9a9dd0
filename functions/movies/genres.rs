//! `GET /api/v1/theater/genres/`: the genres, each with the number of its movies.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Method, Request, Response, StatusCode, json},
    models::movies::Genres,
    movies::all_genres,
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

pub(crate) struct ListGenres {
    database: Database,
    cache: Cache,
}

impl Endpoint for ListGenres {
    const METHODS: Methods = Methods::only(&[Method::GET]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let genres = self.database.read(|connection| Box::pin(all_genres(connection))).await?;
        self.cache.answer(request, json(StatusCode::OK, &Genres { genres })?)
    }
}

impl Documented for ListGenres {
    fn operations() -> Vec<Operation> {
        Operation::get("/api/v1/theater/genres/", "listGenres")
            .summary(
                "List the genres",
                "All of them, in the order of their names, each with the number of its movies.",
            )
            .responds::<Genres>(200, "The genres.", json!({
                "genres": [{"id": 1, "name": "Crime", "movies": 1}, {"id": 2, "name": "Drama", "movies": 1}],
            }))
            .cacheable()
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<ListGenres>().await
}
