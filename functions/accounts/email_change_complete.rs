//! `POST /api/v1/accounts/email-change/complete/`: changes the address of an account with the token mailed to it.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    models::accounts::EmailChange,
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

const INVALID_TOKEN: &str = "Invalid or expired token.";

pub(crate) struct CompleteEmailChange {
    database: Database,
}

impl Endpoint for CompleteEmailChange {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/email-change/complete/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(secrets).await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(EmailChange { token }) = request.read()?;
        let change = async |connection: &mut PgConnection| {
            sqlx::query_scalar!(
                r#"
                WITH change AS MATERIALIZED (
                    SELECT change_email($1) AS user_id
                ), event AS (
                    INSERT INTO events (action, actor_id, user_id, client)
                    SELECT 'email_changed', user_id, user_id, $2 FROM change WHERE user_id IS NOT NULL
                )
                SELECT user_id FROM change
                "#,
                token.digest(),
                request.user_agent(),
            )
            .fetch_one(connection)
            .await
        };
        let user_id = self.database.write(change).await?;
        request.set_user_id(user_id.ok_or(Error::bad_request(INVALID_TOKEN))?);
        json(StatusCode::OK, &json!({ "message": "Email address changed successfully." }))
    }
}

impl Documented for CompleteEmailChange {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "completeEmailChange")
            .summary(
                "Change the address",
                "Needs the token from the mail to the new address. Ends all sessions but the one that requested the \
                 change, and tokens for a new password. Fails too if the address was taken in the meantime.",
            )
            .request::<Body<EmailChange>>(json!({"token": "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0"}))
            .responds_with_message(200, "message", "Email address changed successfully.")
            .error(400, INVALID_TOKEN)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<CompleteEmailChange>()
}
