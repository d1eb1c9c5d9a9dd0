//! `PUT /api/v1/theater/movies/{movie_id}/`: replaces a movie with its lists.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Path, Request, Response, Route, StatusCode, json, with_etag},
    models::movies::{Movie, MovieId, NewMovie},
    movies::{MOVIE, Replacement, TAKEN_EXAMPLE, WriteAccess, already_exists, precondition},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

type Input = (Path<MovieId>, Body<NewMovie>);

pub(crate) struct ReplaceMovie {
    database: Database,
    access: WriteAccess,
}

impl Endpoint for ReplaceMovie {
    const ROUTES: &'static [Route] = &[MOVIE.put()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, access) = tokio::try_join!(Database::start(secrets), WriteAccess::start(secrets))?;
        Ok(Self { database, access })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let writer = self.access.authorize(request, &self.database).await?;
        let (Path(MovieId { movie_id }), Body(movie)) = request.read::<Input>()?;
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let replace =
            async |connection: &mut PgConnection| movie.replace(connection, movie_id, version, writer).await;
        match self.database.write(replace).await? {
            Replacement::Done(movie) => with_etag(json(StatusCode::OK, &movie)?),
            Replacement::Missing => Err(precondition::not_matched(version)),
            Replacement::Taken => Err(already_exists(movie.name.as_str(), movie.date)),
        }
    }
}

impl Documented for ReplaceMovie {
    fn operations() -> Vec<Operation> {
        let mut example = NewMovie::example();
        example["movie_id"] = json!(1);
        Operation::new(&Self::ROUTES[0], "replaceMovie")
            .summary(
                "Replace a movie",
                "Replaces all fields and lists; the id stays. With `If-Match`, only if the movie still has this \
                 `ETag`. For moderators.",
            )
            .request::<Input>(example)
            .request_header("If-Match", "The `ETag` of the movie that is to be replaced.")
            .responds::<Movie>(200, "The movie as it is stored.", Movie::example())
            .response_header(200, "ETag", "For `If-Match`.")
            .error(404, Movie::MISSING)
            .error_example(409, TAKEN_EXAMPLE)
            .error(412, precondition::CHANGED)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ReplaceMovie>()
}
