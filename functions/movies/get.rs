//! `GET /api/v1/theater/movies/{movie_id}/`: one movie, whole.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Request, Response, Route, StatusCode, json},
    input::{self, Integer},
    movies::{MOVIE, Movie},
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
    const ROUTES: &'static [Route] = &[MOVIE.get()];

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
        Operation::new(&Self::ROUTES[0], "getMovie")
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
