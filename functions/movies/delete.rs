//! `DELETE /api/v1/theater/movies/{movie_id}/`: takes a movie out of the catalogue.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, no_content},
    input::{self, Integer},
    movies::{Writers, precondition, store},
    openapi::{Documented, Operation, schema},
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        path movie_id: Integer,
    }
}

pub(crate) struct DeleteMovie {
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

impl Documented for DeleteMovie {
    fn operations() -> Vec<Operation> {
        Operation::delete("/api/v1/theater/movies/{movie_id}/", "deleteMovie")
            .says("Delete a movie", "With `If-Match`, only as long as nobody has changed it. For moderators.")
            .takes::<Input>(json!({"movie_id": 1}))
            .takes_header("If-Match", schema::text("The `ETag` of the movie that is to be deleted.").into())
            .answers_nothing(204, "The movie is deleted.")
            .refuses(404, "Movie with the given ID was not found.")
            .refuses(412, "The movie has changed since you read it.")
            .demands_token()
            .refuses(403, "You do not have permission to perform this action.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<DeleteMovie>().await
}
