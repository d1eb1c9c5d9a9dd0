//! `GET /api/v1/accounts/events/`: returns a page of the audit trail, for admins.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{NO_EVENTS, NO_PERMISSION, find_events},
    config::ConfigError,
    database::Database,
    http::{Error, Query, Request, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::{
        Group,
        administration::{EventPage, EventQuery},
    },
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct ListEvents {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for ListEvents {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/accounts/events/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        Group::Admin.require(request, &self.keys, &self.database).await?;
        let Query::<EventQuery>(query) = request.read()?;
        let find = async |connection: &mut PgConnection| find_events(connection, &query).await;
        let found = self.database.read(find).await?;
        json(StatusCode::OK, &found.ok_or(Error::not_found(NO_EVENTS))?)
    }
}

impl Documented for ListEvents {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listEvents")
            .summary(
                "List the audit trail",
                "A page of what was done to accounts and to the catalogue, the newest first. For admins.",
            )
            .request::<Query<EventQuery>>(json!({"page": 1, "per_page": 10, "user_id": 1}))
            .responds::<EventPage>(
                200,
                "The page.",
                json!({
                    "events": [{
                        "id": 1, "at": "2026-11-22T19:13:54.513526Z", "action": "login", "actor_id": 1, "user_id": 1,
                        "client": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    }],
                    "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 1,
                }),
            )
            .error(404, NO_EVENTS)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListEvents>()
}
