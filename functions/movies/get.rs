//! `GET /api/v1/theater/movies/{movie_id}/`: returns one movie with all its fields.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Path, Request, Response, Route, StatusCode, json},
    models::movies::{Movie, MovieId},
    movies::MOVIE,
    openapi::{Documented, Operation},
    secrets::Secrets,
};

pub(crate) struct GetMovie {
    database: Database,
    cache: Cache,
}

impl Endpoint for GetMovie {
    const ROUTES: &'static [Route] = &[MOVIE.get()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Path(MovieId { movie_id }) = request.read()?;
        let movie = self.database.read(async |connection| Movie::find(connection, movie_id).await).await?;
        self.cache.respond(request, json(StatusCode::OK, &movie.ok_or_else(Movie::missing)?)?)
    }
}

impl Documented for GetMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "getMovie")
            .summary("Get a movie", "Returns the movie with all its fields.")
            .request::<Path<MovieId>>(json!({"movie_id": 1}))
            .responds::<Movie>(200, "The movie.", Movie::example())
            .cacheable()
            .error(404, Movie::MISSING)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<GetMovie>()
}
