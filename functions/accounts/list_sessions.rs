//! `GET /api/v1/accounts/sessions/`: returns the sessions of an account.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{Caller, NO_PERMISSION, SESSIONS},
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, json},
    jwt::AccessKeys,
    models::accounts::{Session, Sessions},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct ListSessions {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for ListSessions {
    const ROUTES: &'static [Route] = &[SESSIONS.get()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let caller = Caller::authenticate(request, &self.keys, &self.database).await?;
        let sessions = self.database.read(async |connection| load(connection, &caller).await).await?;
        json(StatusCode::OK, &Sessions { sessions })
    }
}

/// Loads the sessions of the caller that have not ended, the newest first.
async fn load(connection: &mut PgConnection, caller: &Caller) -> sqlx::Result<Vec<Session>> {
    sqlx::query_as!(
        Session,
        r#"
        SELECT id, created_at, last_used_at, expires_at, client, coalesce(id = $2, false) AS "is_current!"
        FROM refresh_tokens WHERE user_id = $1 AND expires_at > now()
        ORDER BY id DESC
        "#,
        caller.user_id,
        caller.session_id,
    )
    .fetch_all(connection)
    .await
}

impl Documented for ListSessions {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "listSessions")
            .summary("List the sessions", "Where the account is signed in, the newest session first.")
            .responds::<Sessions>(
                200,
                "The sessions.",
                json!({"sessions": [{
                    "id": 1, "created_at": "2026-11-22T19:13:54.513526Z",
                    "last_used_at": "2026-11-22T19:13:54.513526Z", "expires_at": "2026-11-29T19:13:54.513526Z",
                    "client": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                    "is_current": true,
                }]}),
            )
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ListSessions>()
}
