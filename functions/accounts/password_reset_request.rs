//! `POST /api/v1/accounts/password-reset/request/`: mails a token for setting a new password.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{Purpose, TokenMail, reset_lifetime},
    config::ConfigError,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    models::accounts::PasswordResetRequest,
    openapi::{Documented, Operation},
    secrets::Secrets,
};

const MESSAGE: &str = "If you are registered, you will receive an email with instructions.";

pub(crate) struct RequestPasswordReset {
    tokens: TokenMail,
}

impl Endpoint for RequestPasswordReset {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/password-reset/request/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let tokens = TokenMail::start(secrets, "password_reset", Purpose::PasswordReset, reset_lifetime()?);
        Ok(Self { tokens: tokens.await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(PasswordResetRequest { email }) = request.read()?;
        self.tokens.send(request, &email).await?;
        json(StatusCode::OK, &json!({ "message": MESSAGE }))
    }
}

impl Documented for RequestPasswordReset {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "requestPasswordReset")
            .summary(
                "Request a password reset",
                "Mails a token for a new password, which replaces the one before. Every address gets the same response, \
                 whether or not it has an account.",
            )
            .request::<Body<PasswordResetRequest>>(json!({"email": "reader@example.com"}))
            .responds_with_message(200, "message", MESSAGE)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<RequestPasswordReset>()
}
