//! `GET /api/v1/accounts/me/`: whose access token this is.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::bearer,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    jwt::{AccessKeys, Refusal},
    models::{Group, accounts::User},
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};
use sqlx::PgConnection;

pub(crate) struct Me {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for Me {
    const METHODS: Methods = Methods::only(&[Method::GET]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, keys) = tokio::try_join!(Database::start(&secrets), AccessKeys::start(&secrets))?;
        Ok(Self { database, keys })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let user_id = bearer::user_id(request, &self.keys).await?;
        let user = self.database.read(|connection| Box::pin(find(connection, user_id))).await?;
        json(StatusCode::OK, &user.ok_or(Error::Unauthorized(Refusal::Invalid.detail()))?)
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
        Operation::get("/api/v1/accounts/me/", "me")
            .summary("Say whose token this is", "The account that the access token belongs to.")
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

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<Me>().await
}
