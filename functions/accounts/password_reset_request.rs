//! `POST /api/v1/accounts/password-reset/request/`: a token for choosing a new password, by mail.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{Purpose, TokenMail, reset_lifetime},
    config::ConfigError,
    http::{Error, Request, Response, Route, StatusCode, json},
    input::{self, EmailAddress},
    openapi::{Documented, Operation},
    secrets::Secrets,
};

const MESSAGE: &str = "If you are registered, you will receive an email with instructions.";

input::input! {
    struct Input {
        body email: EmailAddress,
    }
}

pub(crate) struct RequestPasswordReset {
    tokens: TokenMail,
}

impl Endpoint for RequestPasswordReset {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/password-reset/request/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let tokens = TokenMail::start(secrets, "password_reset", Purpose::PasswordReset, reset_lifetime()?);
        Ok(Self { tokens: tokens.await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { email } = Input::read(request)?;
        self.tokens.send(request, &email).await?;
        json(StatusCode::OK, &json!({ "message": MESSAGE }))
    }
}

impl Documented for RequestPasswordReset {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "requestPasswordReset")
            .says(
                "Mail a token for a new password",
                "It replaces the one before. Every address gets the same answer, whether or not \
                 it has an account.",
            )
            .takes_body::<Input>("PasswordResetRequest", json!({"email": "reader@example.com"}))
            .answers_sentence(200, "message", MESSAGE)
            .limits_attempts()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<RequestPasswordReset>()
}
