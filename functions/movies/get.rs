//! `GET /api/v1/theater/movies/{movie_id}/`: one movie, whole.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Method, Request, Response, StatusCode, json},
    input::{self, Integer},
    movies::Movie,
    openapi::{Documented, Operation},
    secrets::Secrets,
};

input::input! {
    struct Input {
        path movie_id: Integer,
    }
}

pub(crate) struct GetMovie {
    database: Database,
    cache: Cache,
}

impl Endpoint for GetMovie {
    const METHODS: Methods = Methods::shared(&[Method::GET], &[Method::GET, Method::PATCH, Method::DELETE]);

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let movie_id = Input::read(request)?.movie_id.get();
        let movie = self.database.read(async |connection| Movie::find(connection, movie_id).await).await?;
        self.cache.answer(request, json(StatusCode::OK, &movie.ok_or_else(Movie::missing)?)?)
    }
}

impl Documented for GetMovie {
    fn operations() -> Vec<Operation> {
        Operation::get("/api/v1/theater/movies/{movie_id}/", "getMovie")
            .says("Get a movie", "Everything that is known of it.")
            .takes::<Input>(json!({"movie_id": 1}))
            .answers::<Movie>(200, "The movie.", Movie::example())
            .cached()
            .refuses(404, Movie::MISSING)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<GetMovie>()
}
