//! `PATCH /api/v1/theater/movies/{movie_id}/`: new values for some fields of a movie.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Method, Path, Request, Response, StatusCode, json},
    models::movies::{MovieId, MoviePatch},
    movies::{Outcome, Writers, precondition},
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

type Input = (Path<MovieId>, Body<MoviePatch>);

pub(crate) struct UpdateMovie {
    database: Database,
    writers: Writers,
}

impl Endpoint for UpdateMovie {
    const METHODS: Methods = Methods::shared(&[Method::PATCH], &[Method::GET, Method::PATCH, Method::DELETE]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, writers) = tokio::try_join!(Database::start(&secrets), Writers::start(&secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let (Path(MovieId { movie_id }), Body(patch)) = request.read::<Input>()?;
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let mut connection = self.database.connection().await?;
        let outcome = patch.store(&mut connection, movie_id, version).await?;
        connection.release();
        match outcome {
            Outcome::Changed => json(StatusCode::OK, &json!({ "detail": "Movie updated successfully." })),
            Outcome::Refused => Err(Error::bad_request("Invalid input data.")),
            Outcome::Missing => Err(precondition::lost(version)),
        }
    }
}

impl Documented for UpdateMovie {
    fn operations() -> Vec<Operation> {
        Operation::patch("/api/v1/theater/movies/{movie_id}/", "updateMovie")
            .summary(
                "Change a movie",
                "Changes the fields that are sent. With `If-Match`, only as long as nobody else \
                 has changed it. For moderators.",
            )
            .request::<Input>(json!({"movie_id": 1, "score": 84.5}))
            .request_header("If-Match", "The `ETag` of the movie that is to be changed.")
            .responds_with_sentence(200, "detail", "Movie updated successfully.")
            .error(400, "Invalid input data.")
            .error(404, "Movie with the given ID was not found.")
            .error(412, "The movie has changed since you read it.")
            .requires_token()
            .error(403, "You do not have permission to perform this action.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<UpdateMovie>().await
}
