//! `POST /api/v1/theater/movies/`: a new movie.

use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json, tagged},
    input::{self, Text},
    movies::{
        Budget, CountryCode, Movie, Name, Names, NewMovie, ReleaseDate, Revenue, Score, Status, Writers,
    },
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        body name: Name,
        body date: ReleaseDate,
        body score: Score,
        body overview: Text,
        body status: Status,
        body budget: Budget,
        body revenue: Revenue,
        body country: CountryCode,
        body genres: Names,
        body actors: Names,
        body languages: Names,
    }
}

struct CreateMovie {
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
        let movie = Input::read(request)?.movie();
        let taken = format!(
            "A movie with the name '{}' and release date '{}' already exists.",
            movie.name.as_str(),
            movie.date.get()
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
            (Some(_), Some(movie)) => tagged(json(StatusCode::CREATED, &movie)?),
            (Some(_), None) => Err(Error::internal("the movie was deleted as soon as it was there")),
        }
    }
}

impl Input {
    fn movie(self) -> NewMovie {
        NewMovie {
            name: self.name,
            date: self.date,
            score: self.score,
            overview: self.overview,
            status: self.status,
            budget: self.budget,
            revenue: self.revenue,
            country: self.country,
            genres: self.genres,
            actors: self.actors,
            languages: self.languages,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<CreateMovie>().await
}
