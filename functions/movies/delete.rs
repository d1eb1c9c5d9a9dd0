//! `DELETE /api/v1/theater/movies/{movie_id}/`: takes a movie out of the catalogue.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, no_content},
    input::{self, Integer},
    movies::{MOVIE, Movie, Writers, precondition, store},
    openapi::{Documented, Operation, schema},
    secrets::Secrets,
};
use sqlx::PgConnection;

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
    const ROUTES: &'static [Route] = &[MOVIE.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, writers) = tokio::try_join!(Database::start(secrets), Writers::start(secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let movie_id = Input::read(request)?.movie_id.get();
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let delete = async |connection: &mut PgConnection| store::delete(connection, movie_id, version).await;
        match self.database.write(delete).await? {
            true => Ok(no_content()),
            false => Err(precondition::lost(version)),
        }
    }
}

impl Documented for DeleteMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "deleteMovie")
            .says("Delete a movie", "With `If-Match`, only as long as nobody has changed it. For moderators.")
            .takes::<Input>(json!({"movie_id": 1}))
            .takes_header("If-Match", schema::text("The `ETag` of the movie that is to be deleted.").into())
            .answers_nothing(204, "The movie is deleted.")
            .refuses(404, Movie::MISSING)
            .refuses(412, precondition::CHANGED)
            .demands_token()
            .refuses(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<DeleteMovie>()
}
