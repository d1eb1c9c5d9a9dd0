//! `POST /api/v1/theater/movies/`: creates a movie.

use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json, with_etag, with_location},
    models::movies::{Movie, NewMovie},
    movies::{MOVIES, TAKEN_EXAMPLE, WriteAccess, already_exists},
    openapi::{Documented, Operation},
    secrets::Secrets,
};

pub(crate) struct CreateMovie {
    database: Database,
    access: WriteAccess,
}

impl Endpoint for CreateMovie {
    const ROUTES: &'static [Route] = &[MOVIES.post()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, access) = tokio::try_join!(Database::start(secrets), WriteAccess::start(secrets))?;
        Ok(Self { database, access })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let writer = self.access.authorize(request, &self.database).await?;
        let Body::<NewMovie>(movie) = request.read()?;
        match self.database.write(async |connection| movie.store(connection, writer).await).await? {
            Some(movie) => with_location(with_etag(json(StatusCode::CREATED, &movie)?)?, request, movie.id),
            None => Err(already_exists(movie.name.as_str(), movie.date)),
        }
    }
}

impl Documented for CreateMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "createMovie")
            .summary(
                "Create a movie",
                "Its country, genres, actors and languages are found by their names or made. For \
                 moderators.",
            )
            .request::<Body<NewMovie>>(NewMovie::example())
            .responds::<Movie>(201, "The movie as it is stored.", Movie::example())
            .response_header(201, "ETag", "For `If-Match`.")
            .response_header(201, "Location", "The path of the movie.")
            .link(201, "getMovie", &[("movie_id", "$response.body#/id")])
            .link(201, "updateMovie", &[("movie_id", "$response.body#/id")])
            .link(201, "replaceMovie", &[("movie_id", "$response.body#/id")])
            .link(201, "deleteMovie", &[("movie_id", "$response.body#/id")])
            .error_example(409, TAKEN_EXAMPLE)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<CreateMovie>()
}
