//! `POST /api/v1/accounts/activate/resend/`: mails a new activation token if the account is not active yet.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{ACTIVATION_LIFETIME, Purpose, TokenMail},
    config::ConfigError,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    models::accounts::ActivationResend,
    openapi::{Documented, Operation},
    secrets::Secrets,
};

const MESSAGE: &str =
    "If you are registered and not yet active, you will receive an email with instructions.";

pub(crate) struct ResendActivation {
    tokens: TokenMail,
}

impl Endpoint for ResendActivation {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/activate/resend/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let tokens = TokenMail::start(secrets, "resend", Purpose::Activation, ACTIVATION_LIFETIME);
        Ok(Self { tokens: tokens.await? })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(ActivationResend { email }) = request.read()?;
        self.tokens.send(request, &email).await?;
        json(StatusCode::OK, &json!({ "message": MESSAGE }))
    }
}

impl Documented for ResendActivation {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "resendActivation")
            .summary(
                "Mail a new activation token",
                "It replaces the one before. Every address gets the same answer, whether or not \
                 it has an account.",
            )
            .request::<Body<ActivationResend>>(json!({"email": "reader@example.com"}))
            .responds_with_message(200, "message", MESSAGE)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<ResendActivation>()
}
