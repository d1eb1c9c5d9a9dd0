//! `GET /api/v1/accounts/me/`: returns the account that the access token belongs to.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, json},
    jwt::{AccessKeys, TokenError},
    models::{Group, accounts::User},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct Me {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for Me {
    const ROUTES: &'static [Route] = &[Route::get("/api/v1/accounts/me/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let user_id = bearer::user_id(request, &self.keys).await?;
        let user = self.database.read(async |connection| find(connection, user_id).await).await?;
        json(StatusCode::OK, &user.ok_or(Error::Unauthorized(TokenError::Invalid.detail()))?)
    }
}

async fn find(connection: &mut PgConnection, id: i64) -> sqlx::Result<Option<User>> {
    sqlx::query_as!(
        User,
        r#"
        SELECT users.id, email, user_groups.name::text AS "group!: Group", is_active, created_at
        FROM users JOIN user_groups ON user_groups.id = group_id
        WHERE users.id = $1
        "#,
        id,
    )
    .fetch_optional(connection)
    .await
}

impl Documented for Me {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "me")
            .summary("Get the account", "Returns the account that the access token belongs to.")
            .responds::<User>(
                200,
                "The account.",
                json!({
                    "id": 1, "email": "reader@example.com", "group": "user", "is_active": true,
                    "created_at": "2026-11-22T19:13:54.513526Z",
                }),
            )
            .requires_token()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Me>()
}
