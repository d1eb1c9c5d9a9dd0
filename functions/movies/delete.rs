//! `DELETE /api/v1/theater/movies/{movie_id}/`: takes a movie out of the catalogue.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Path, Request, Response, no_content},
    models::movies::MovieId,
    movies::{Writers, precondition, store},
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

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
        let Path(MovieId { movie_id }) = request.read()?;
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
            .summary(
                "Delete a movie",
                "With `If-Match`, only as long as nobody has changed it. For moderators.",
            )
            .request::<Path<MovieId>>(json!({"movie_id": 1}))
            .request_header("If-Match", "The `ETag` of the movie that is to be deleted.")
            .responds_without_body(204, "The movie is deleted.")
            .error(404, "Movie with the given ID was not found.")
            .error(412, "The movie has changed since you read it.")
            .requires_token()
            .error(403, "You do not have permission to perform this action.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<DeleteMovie>().await
}
