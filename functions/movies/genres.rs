//! `GET /api/v1/theater/genres/`: returns the genres, each with its number of movies.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Request, Response, Route, StatusCode, json},
    models::movies::Genres,
    movies::all_genres,
    openapi::{Documented, Operation},
    secrets::Secrets,
};

pub(crate) struct ListGenres {
    database: Database,
    cache: Cache,
}

impl Endpoint for ListGenres {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/theater/genres/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let genres = self.database.read(all_genres).await?;
        self.cache.respond(request, json(StatusCode::OK, &Genres { genres })?)
    }
}

impl Documented for ListGenres {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listGenres")
            .summary(
                "List the genres",
                "Returns all genres by name, each with its number of movies.",
            )
            .responds::<Genres>(200, "The genres.", json!({
                "genres": [{"id": 1, "name": "Crime", "movies": 1}, {"id": 2, "name": "Drama", "movies": 1}],
            }))
            .cacheable()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListGenres>()
}
