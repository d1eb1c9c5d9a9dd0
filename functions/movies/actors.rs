//! `GET /api/v1/theater/actors/`: returns a page of the actors, each with the number of movies.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::{Database, ReadError},
    http::{Cache, Error, Paging, Query, Request, Response, Route, StatusCode, json},
    models::movies::{ActorPage, ActorQuery},
    movies::find_actors,
    openapi::{Documented, Operation},
    secrets::Secrets,
    validation::Fault,
};
use sqlx::PgConnection;

const NOT_FOUND: &str = "No actors found.";

pub(crate) struct ListActors {
    database: Database,
    cache: Cache,
}

impl Endpoint for ListActors {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/theater/actors/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Query(ActorQuery { q, page, per_page }) = request.read()?;
        let (search, paging) = (q.as_ref().map(|text| text.as_str()), Paging { page, per_page });
        let find = async |connection: &mut PgConnection| find_actors(connection, search, &paging).await;
        match self.database.read(find).await {
            Err(ReadError::InvalidValue) => {
                Err(Error::Invalid(vec![Fault::invalid_for_database(search.map(|_| "q"))]))
            }
            found => {
                let found = found?.ok_or_else(|| Error::not_found(NOT_FOUND))?;
                self.cache.respond(request, json(StatusCode::OK, &found)?)
            }
        }
    }
}

impl Documented for ListActors {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listActors")
            .summary(
                "List or find actors",
                "A page of the actors in the order of their names, each with the number of movies.",
            )
            .request::<Query<ActorQuery>>(json!({"page": 1, "per_page": 10}))
            .responds::<ActorPage>(
                200,
                "The page.",
                json!({
                    "actors": [
                        {"id": 1, "name": "Al Pacino", "movies": 1},
                        {"id": 2, "name": "Robert De Niro", "movies": 1},
                    ],
                    "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 2,
                }),
            )
            .link(200, "getActor", &[("actor_id", "$response.body#/actors/0/id")])
            .cacheable()
            .error(404, NOT_FOUND)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListActors>()
}
