//! `PATCH /api/v1/theater/movies/{movie_id}/`: updates some fields of a movie.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Path, Request, Response, Route, StatusCode, json},
    models::movies::{Movie, MovieId, MoviePatch},
    movies::{MOVIE, UpdateOutcome, WriteAccess, precondition},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

type Input = (Path<MovieId>, Body<MoviePatch>);

pub(crate) struct UpdateMovie {
    database: Database,
    access: WriteAccess,
}

impl Endpoint for UpdateMovie {
    const ROUTES: &'static [Route] = &[MOVIE.patch()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, access) = tokio::try_join!(Database::start(secrets), WriteAccess::start(secrets))?;
        Ok(Self { database, access })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let writer = self.access.authorize(request, &self.database).await?;
        let (Path(MovieId { movie_id }), Body(patch)) = request.read::<Input>()?;
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let store =
            async |connection: &mut PgConnection| patch.store(connection, movie_id, version, writer).await;
        match self.database.write(store).await? {
            UpdateOutcome::Updated => {
                json(StatusCode::OK, &json!({ "detail": "Movie updated successfully." }))
            }
            UpdateOutcome::Invalid => Err(Error::bad_request("Invalid input data.")),
            UpdateOutcome::Missing => Err(precondition::not_matched(version)),
        }
    }
}

impl Documented for UpdateMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "updateMovie")
            .summary(
                "Change a movie",
                "Changes the fields that are sent. With `If-Match`, only if the movie still has \
                 this `ETag`. For moderators.",
            )
            .request::<Input>(json!({"movie_id": 1, "score": 84.5}))
            .request_header("If-Match", "The `ETag` of the movie to update.")
            .responds_with_message(200, "detail", "Movie updated successfully.")
            .error(400, "Invalid input data.")
            .error(404, Movie::MISSING)
            .error(412, precondition::CHANGED)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<UpdateMovie>()
}
