//! `POST /api/v1/accounts/logout/`: ends the session of a refresh token.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, no_content},
    jwt::{RefreshKeys, TokenError},
    models::accounts::RefreshToken,
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct Logout {
    database: Database,
    keys: RefreshKeys,
}

impl Endpoint for Logout {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/logout/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, keys) = tokio::try_join!(Database::start(secrets), RefreshKeys::start(secrets))?;
        Ok(Self { database, keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(RefreshToken { refresh_token }) = request.read()?;
        let claims = self.keys.verify(refresh_token.expose()).await?;
        request.set_user_id(claims.user_id);
        let log_out = async |connection: &mut PgConnection| {
            // By a token that was replaced, too.
            sqlx::query!(
                r#"
                WITH ended AS (
                    DELETE FROM refresh_tokens
                    WHERE token_hash = $1 OR first_token_hash = $1 OR (id = $2 AND user_id = $3)
                    RETURNING user_id
                )
                INSERT INTO events (action, actor_id, user_id, client) SELECT 'logout', user_id, user_id, $4 FROM ended
                "#,
                refresh_token.digest(),
                claims.session_id,
                claims.user_id,
                request.user_agent(),
            )
            .execute(connection)
            .await
        };
        self.database.write(log_out).await?;
        Ok(no_content())
    }
}

impl Documented for Logout {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "logout")
            .summary(
                "Log out",
                "Ends the session of a refresh token, if there is one, and with it its access tokens.",
            )
            .request::<Body<RefreshToken>>(json!({"refresh_token": "eyJ0eXAi…"}))
            .responds_without_body(204, "The session has ended.")
            .error(400, TokenError::Expired.detail())
            .error(400, TokenError::Invalid.detail())
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Logout>()
}
