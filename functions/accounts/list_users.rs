//! `GET /api/v1/accounts/users/`: returns a page of the accounts, for admins.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{NO_PERMISSION, NO_USERS, find_users},
    config::ConfigError,
    database::{Database, ReadError},
    http::{Error, Query, Request, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::{
        Group,
        administration::{UserPage, UserQuery},
    },
    openapi::{Documented, Operation},
    secrets::Secrets,
    validation::Fault,
};
use sqlx::PgConnection;

pub(crate) struct ListUsers {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for ListUsers {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/accounts/users/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        Group::Admin.require(request, &self.keys, &self.database).await?;
        let Query::<UserQuery>(query) = request.read()?;
        let find = async |connection: &mut PgConnection| find_users(connection, &query).await;
        match self.database.read(find).await {
            Err(ReadError::InvalidValue) => {
                Err(Error::Invalid(vec![Fault::invalid_for_database(query.q.as_ref().map(|_| "q"))]))
            }
            found => json(StatusCode::OK, &found?.ok_or(Error::not_found(NO_USERS))?),
        }
    }
}

impl Documented for ListUsers {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listUsers")
            .summary(
                "List or find accounts",
                "A page of the accounts that match every filter, the newest first. For admins.",
            )
            .request::<Query<UserQuery>>(json!({"page": 1, "per_page": 10}))
            .responds::<UserPage>(
                200,
                "The page.",
                json!({
                    "users": [{
                        "id": 1, "email": "reader@example.com", "group": "admin", "is_active": true,
                        "is_disabled": false, "created_at": "2026-11-22T19:13:54.513526Z",
                    }],
                    "prev_page": null, "next_page": null, "total_pages": 1, "total_items": 1,
                }),
            )
            .link(200, "updateUser", &[("user_id", "$response.body#/users/0/id")])
            .error(404, NO_USERS)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListUsers>()
}
