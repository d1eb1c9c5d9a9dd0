//! `DELETE /api/v1/theater/movies/{movie_id}/`: takes a movie out of the catalogue.

use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, no_content},
    input::{self, Integer},
    movies::{Writers, precondition, store},
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        path movie_id: Integer,
    }
}

struct DeleteMovie {
    database: Database,
    writers: Writers,
}

impl Endpoint for DeleteMovie {
    const METHODS: Methods =
        Methods::shared(&[Method::DELETE], &[Method::GET, Method::PATCH, Method::DELETE]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, writers) = tokio::try_join!(Database::start(&secrets), Writers::start(&secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let movie_id = Input::read(request)?.movie_id.get();
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let mut connection = self.database.connection().await?;
        let is_deleted = store::delete(&mut connection, movie_id, version).await?;
        connection.release();
        match is_deleted {
            true => Ok(no_content()),
            false => Err(precondition::lost(version)),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<DeleteMovie>().await
}
