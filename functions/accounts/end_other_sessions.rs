//! `DELETE /api/v1/accounts/sessions/`: ends all sessions of an account but that of the access token.

use shared::{
    Endpoint,
    accounts::{Caller, NO_PERMISSION, SESSIONS},
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, no_content},
    jwt::AccessKeys,
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct EndOtherSessions {
    database: Database,
    keys: AccessKeys,
}

impl Endpoint for EndOtherSessions {
    const ROUTES: &'static [Route] = &[SESSIONS.delete()];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let caller = Caller::authenticate(request, &self.keys, &self.database).await?;
        let end = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH event AS (
                    INSERT INTO events (action, actor_id, user_id, client) VALUES ('sessions_ended', $1, $1, $3)
                )
                SELECT end_sessions($1, $2)
                "#,
                caller.user_id,
                caller.session_id,
                request.user_agent(),
            )
            .execute(connection)
            .await
        };
        self.database.write(end).await?;
        Ok(no_content())
    }
}

impl Documented for EndOtherSessions {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "endOtherSessions")
            .summary(
                "End the other sessions",
                "All but the session of the access token. A token without a session ends all of them, and itself.",
            )
            .responds_without_body(204, "The other sessions have ended.")
            .requires_token()
            .error(403, NO_PERMISSION)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<EndOtherSessions>()
}
