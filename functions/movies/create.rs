//! `POST /api/v1/theater/movies/`: a new movie.

use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Method, Request, Response, StatusCode, created_at, json, tagged},
    models::movies::{Movie, NewMovie},
    movies::Writers,
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

pub(crate) struct CreateMovie {
    database: Database,
    writers: Writers,
}

impl Endpoint for CreateMovie {
    const METHODS: Methods = Methods::shared(&[Method::POST], &[Method::GET, Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, writers) = tokio::try_join!(Database::start(&secrets), Writers::start(&secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let Body::<NewMovie>(movie) = request.read()?;
        let taken = format!(
            "A movie with the name '{}' and release date '{}' already exists.",
            movie.name.as_str(),
            movie.date
        );

        let mut connection = self.database.connection().await?;
        let id = movie.store(&mut connection).await?;
        let stored = match id {
            Some(id) => Movie::find(&mut connection, id).await?,
            None => None,
        };
        connection.release();
        match (id, stored) {
            (None, _) => Err(Error::refused(StatusCode::CONFLICT, taken)),
            (Some(id), Some(movie)) => created_at(tagged(json(StatusCode::CREATED, &movie)?)?, request, id),
            (Some(_), None) => Err(Error::internal("the movie was deleted as soon as it was there")),
        }
    }
}

impl Documented for CreateMovie {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/theater/movies/", "createMovie")
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
            .link(201, "deleteMovie", &[("movie_id", "$response.body#/id")])
            .error_such_as(409, "A movie with the name 'Heat' and release date '1995-12-15' already exists.")
            .requires_token()
            .error(403, "You do not have permission to perform this action.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<CreateMovie>().await
}
