//! `PATCH /api/v1/theater/movies/{movie_id}/`: new values for some fields of a movie.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, json},
    input::{self, Change, Integer, Text},
    movies::{
        Budget, MOVIE, Movie, MovieChange, Name, Outcome, ReleaseDate, Revenue, Score, Status, Writers,
        precondition,
    },
    openapi::{Documented, Operation, schema},
    secrets::Secrets,
};
use sqlx::PgConnection;

input::input! {
    struct Input {
        path movie_id: Integer,
        body name: Change<Name>,
        body date: Change<ReleaseDate>,
        body score: Change<Score>,
        body overview: Change<Text>,
        body status: Change<Status>,
        body budget: Change<Budget>,
        body revenue: Change<Revenue>,
    }
}

pub(crate) struct UpdateMovie {
    database: Database,
    writers: Writers,
}

impl Endpoint for UpdateMovie {
    const ROUTES: &'static [Route] = &[MOVIE.patch()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, writers) = tokio::try_join!(Database::start(secrets), Writers::start(secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let (movie_id, change) = Input::read(request)?.split();
        let version = precondition::version_to_match(request, &self.database, movie_id).await?;

        let store = async |connection: &mut PgConnection| change.store(connection, movie_id, version).await;
        match self.database.write(store).await? {
            Outcome::Changed => json(StatusCode::OK, &json!({ "detail": "Movie updated successfully." })),
            Outcome::Refused => Err(Error::bad_request("Invalid input data.")),
            Outcome::Missing => Err(precondition::lost(version)),
        }
    }
}

impl Input {
    fn split(self) -> (i64, MovieChange) {
        let change = MovieChange {
            name: self.name,
            date: self.date,
            score: self.score,
            overview: self.overview,
            status: self.status,
            budget: self.budget,
            revenue: self.revenue,
        };
        (self.movie_id.get(), change)
    }
}

impl Documented for UpdateMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "updateMovie")
            .says(
                "Change a movie",
                "Changes the fields that are sent. With `If-Match`, only as long as nobody else \
                 has changed it. For moderators.",
            )
            .takes_body::<Input>("MovieChange", json!({"movie_id": 1, "score": 84.5}))
            .takes_header("If-Match", schema::text("The `ETag` of the movie that is to be changed.").into())
            .answers_sentence(200, "detail", "Movie updated successfully.")
            .refuses(400, "Invalid input data.")
            .refuses(404, Movie::MISSING)
            .refuses(412, precondition::CHANGED)
            .demands_token()
            .refuses(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<UpdateMovie>()
}
