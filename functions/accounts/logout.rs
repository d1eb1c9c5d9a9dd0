//! `POST /api/v1/accounts/logout/`: ends the session of a refresh token.

use serde_json::json;
use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, no_content},
    input,
    jwt::{RefreshKeys, Refusal},
    openapi::{Documented, Operation},
    secrets::Secrets,
    token::Secret,
};
use sqlx::PgConnection;

input::input! {
    struct Input {
        body refresh_token: Secret,
    }
}

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

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { refresh_token } = Input::read(request)?;
        request.identify(self.keys.user_of(refresh_token.expose()).await?);
        let log_out = async |connection: &mut PgConnection| {
            sqlx::query!("DELETE FROM refresh_tokens WHERE token_hash = $1", refresh_token.digest())
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
            .says("Log out", "Ends the session of a refresh token, if there is one.")
            .takes_body::<Input>("Logout", json!({"refresh_token": "eyJ0eXAi…"}))
            .answers_nothing(204, "There is no such session any more.")
            .refuses(400, Refusal::Expired.detail())
            .refuses(400, Refusal::Invalid.detail())
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Logout>()
}
