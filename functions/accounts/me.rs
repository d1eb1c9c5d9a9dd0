//! `GET /api/v1/accounts/me/`: returns the account that the access token belongs to.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{ME, NO_PERMISSION, bearer, check_enabled},
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, json},
    jwt::{AccessKeys, Claims, TokenError},
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
    const ROUTES: &'static [Route] = &[ME.get()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let claims = bearer::claims(request, &self.keys).await?;
        let user = self.database.read(async |connection| find(connection, claims).await).await?;
        let (user, is_disabled) = user.ok_or(Error::Unauthorized(TokenError::Invalid.detail()))?;
        check_enabled(!is_disabled)?;
        json(StatusCode::OK, &user)
    }
}

/// Loads the user of a token, active or not, and whether the account is disabled. Returns `None` if the user or the session
/// is gone.
async fn find(connection: &mut PgConnection, claims: Claims) -> sqlx::Result<Option<(User, bool)>> {
    let row = sqlx::query!(
        r#"
        SELECT id, email, group_name AS "group!: Group", users.is_active, created_at, is_disabled AS "is_disabled!",
               CASE WHEN last_used_at < now() - interval '1 minute' THEN use_session($2) END AS used
        FROM token_user($1, $2, $3) AS account JOIN users ON id = user_id
        "#,
        claims.user_id,
        claims.session_id,
        claims.issued_at,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| {
        let user = User {
            id: row.id,
            email: row.email,
            group: row.group,
            is_active: row.is_active,
            created_at: row.created_at,
        };
        (user, row.is_disabled)
    }))
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
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Me>()
}
