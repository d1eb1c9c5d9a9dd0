//! `DELETE /api/v1/theater/movies/{movie_id}/`: deletes a movie.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Error, Path, Request, Response, Route, no_content},
    models::movies::{Movie, MovieId},
    movies::{MOVIE, WriteAccess, precondition, store},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct DeleteMovie {
    database: Database,
    access: WriteAccess,
}

impl Endpoint for DeleteMovie {
    const ROUTES: &'static [Route] = &[MOVIE.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, access) = tokio::try_join!(Database::start(secrets), WriteAccess::start(secrets))?;
        Ok(Self { database, access })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let writer = self.access.authorize(request, &self.database).await?;
        let Path(MovieId { movie_id }) = request.read()?;
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let delete =
            async |connection: &mut PgConnection| store::delete(connection, movie_id, version, writer).await;
        if self.database.write(delete).await? {
            Ok(no_content())
        } else {
            Err(precondition::not_matched(version))
        }
    }
}

impl Documented for DeleteMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "deleteMovie")
            .summary("Delete a movie", "With `If-Match`, only if it is unchanged. For moderators.")
            .request::<Path<MovieId>>(json!({"movie_id": 1}))
            .request_header("If-Match", "The `ETag` of the movie to delete.")
            .responds_without_body(204, "The movie is deleted.")
            .error(404, Movie::MISSING)
            .error(412, precondition::CHANGED)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<DeleteMovie>()
}
