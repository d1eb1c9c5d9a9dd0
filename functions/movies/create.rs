//! `POST /api/v1/theater/movies/`: a new movie.

use chrono::NaiveDate;
use serde_json::json;
use shared::{
    Endpoint,
    accounts::NO_PERMISSION,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, created_at, json, tagged},
    input::{self, Text},
    movies::{
        Actors, Budget, CountryCode, Kinds, MOVIES, Movie, Name, NewMovie, ReleaseDate, Revenue, Score,
        Status, Writers,
    },
    openapi::{Documented, Operation},
    secrets::Secrets,
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
        body genres: Kinds,
        body actors: Actors,
        body languages: Kinds,
    }
}

pub(crate) struct CreateMovie {
    database: Database,
    writers: Writers,
}

impl Endpoint for CreateMovie {
    const ROUTES: &'static [Route] = &[MOVIES.post()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, writers) = tokio::try_join!(Database::start(secrets), Writers::start(secrets))?;
        Ok(Self { database, writers })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        self.writers.admit(request, &self.database).await?;
        let movie = Input::read(request)?.movie();
        let (name, date) = (movie.name.clone(), movie.date);
        match self.database.write(async |connection| movie.store(connection).await).await? {
            Some(movie) => created_at(tagged(json(StatusCode::CREATED, &movie)?)?, request, movie.id),
            None => Err(taken(name.as_str(), date.get())),
        }
    }
}

/// 409, for a movie whose name and date another one has.
fn taken(name: &str, date: NaiveDate) -> Error {
    let sentence = format!("A movie with the name '{name}' and release date '{date}' already exists.");
    Error::refused(StatusCode::CONFLICT, sentence)
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

impl Documented for CreateMovie {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "createMovie")
            .says(
                "Create a movie",
                "Its country, genres, actors and languages are found by their names or made. For \
                 moderators.",
            )
            .takes_body::<Input>("NewMovie", json!({
                "name": "Heat", "date": "1995-12-15", "score": 83,
                "overview": "A detective hunts a crew of thieves.", "status": "Released",
                "budget": 60_000_000, "revenue": 187_436_818, "country": "US", "genres": ["Crime", "Drama"],
                "actors": ["Al Pacino", "Robert De Niro"], "languages": ["English"],
            }))
            .answers::<Movie>(201, "The movie as it is stored.", Movie::example())
            .sends_header(201, "ETag", "For `If-Match`.")
            .sends_header(201, "Location", "The path of the movie.")
            .leads_to(201, "getMovie", &[("movie_id", "$response.body#/id")])
            .leads_to(201, "updateMovie", &[("movie_id", "$response.body#/id")])
            .leads_to(201, "deleteMovie", &[("movie_id", "$response.body#/id")])
            .refuses_such_as(409, "A movie with the name 'Heat' and release date '1995-12-15' already exists.")
            .demands_token()
            .refuses(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<CreateMovie>()
}
