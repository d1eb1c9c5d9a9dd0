//! `DELETE /api/v1/accounts/sessions/{session_id}/`: ends one session of an account.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{Caller, NO_PERMISSION, SESSION},
    config::ConfigError,
    database::Database,
    http::{Error, Path, Request, Response, Route, no_content},
    jwt::AccessKeys,
    models::accounts::SessionId,
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

/// Detail of the 404 for a session that has ended, or is another user's.
const MISSING: &str = "Session not found.";

pub(crate) struct EndSession {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for EndSession {
    const ROUTES: &'static [Route] = &[SESSION.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let caller = Caller::authenticate(request, &self.keys, &self.database).await?;
        let Path(SessionId { session_id }) = request.read()?;
        let end = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH ended AS (
                    DELETE FROM refresh_tokens WHERE id = $1 AND user_id = $2 AND expires_at > now()
                    RETURNING user_id
                )
                INSERT INTO events (action, actor_id, user_id, client)
                SELECT 'session_ended', user_id, user_id, $3 FROM ended
                "#,
                session_id,
                caller.user_id,
                request.user_agent(),
            )
            .execute(connection)
            .await
        };
        match self.database.write(end).await?.rows_affected() {
            0 => Err(Error::not_found(MISSING)),
            _ => Ok(no_content()),
        }
    }
}

impl Documented for EndSession {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "endSession")
            .summary("End a session", "Its refresh token and its access tokens are invalid at once.")
            .request::<Path<SessionId>>(json!({"session_id": 1}))
            .responds_without_body(204, "The session has ended.")
            .error(404, MISSING)
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<EndSession>()
}
