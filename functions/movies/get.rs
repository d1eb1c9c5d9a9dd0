//! `GET /api/v1/theater/movies/{movie_id}/`: one movie, whole.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Method, Path, Request, Response, StatusCode, json},
    models::movies::{Movie, MovieId},
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

pub(crate) struct GetMovie {
    database: Database,
    cache: Cache,
}

impl Endpoint for GetMovie {
    const METHODS: Methods = Methods::shared(&[Method::GET], &[Method::GET, Method::PATCH, Method::DELETE]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Path(MovieId { movie_id }) = request.read()?;
        let movie = self.database.read(|connection| Box::pin(Movie::find(connection, movie_id))).await?;
        self.cache.answer(request, json(StatusCode::OK, &movie.ok_or_else(Movie::missing)?)?)
    }
}

impl Documented for GetMovie {
    fn operations() -> Vec<Operation> {
        Operation::get("/api/v1/theater/movies/{movie_id}/", "getMovie")
            .summary("Get a movie", "Everything that is known of it.")
            .request::<Path<MovieId>>(json!({"movie_id": 1}))
            .responds::<Movie>(200, "The movie.", Movie::example())
            .cacheable()
            .error(404, "Movie with the given ID was not found.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<GetMovie>().await
}
