//! `GET /api/v1/theater/actors/{actor_id}/`: returns an actor with a page of the movies.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Cache, Error, Paging, Path, Query, Request, Response, Route, StatusCode, json},
    models::movies::{ActorDetail, ActorId, ActorMovies},
    movies::find_actor,
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

const NOT_FOUND: &str = "Actor not found.";

type Input = (Path<ActorId>, Query<ActorMovies>);

pub(crate) struct GetActor {
    database: Database,
    cache: Cache,
}

impl Endpoint for GetActor {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/theater/actors/{actor_id}/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { cache: Cache::start()?, database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let (Path(ActorId { actor_id }), Query(ActorMovies { page, per_page })) = request.read::<Input>()?;
        let paging = Paging { page, per_page };
        let find = async |connection: &mut PgConnection| find_actor(connection, actor_id, &paging).await;
        let actor = self.database.read(find).await?.ok_or_else(|| Error::not_found(NOT_FOUND))?;
        self.cache.respond(request, json(StatusCode::OK, &actor)?)
    }
}

impl Documented for GetActor {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "getActor")
            .summary("Get an actor", "With a page of the movies, the newest first.")
            .request::<Input>(json!({"actor_id": 1}))
            .responds::<ActorDetail>(
                200,
                "The actor.",
                json!({
                    "id": 1, "name": "Al Pacino",
                    "movies": [{
                        "id": 1, "name": "Heat", "date": "1995-12-15", "score": 83.0,
                        "overview": "A detective hunts a crew of thieves.",
                    }],
                    "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 1,
                }),
            )
            .link(200, "getMovie", &[("movie_id", "$response.body#/movies/0/id")])
            .cacheable()
            .error(404, NOT_FOUND)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<GetActor>()
}
