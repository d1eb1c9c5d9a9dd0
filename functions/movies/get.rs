//! `GET /api/v1/theater/movies/{movie_id}/`: one movie, whole.

use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    input::{self, Integer},
    movies::Movie,
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        path movie_id: Integer,
    }
}

struct GetMovie {
    database: Database,
}

impl Endpoint for GetMovie {
    const METHODS: Methods = Methods::only(&[Method::GET]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let movie_id = Input::read(request)?.movie_id.get();
        let movie = self.database.read(|connection| Box::pin(Movie::find(connection, movie_id))).await?;
        let movie = movie.ok_or_else(|| Error::not_found("Movie with the given ID was not found."))?;
        json(StatusCode::OK, &movie)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<GetMovie>().await
}
