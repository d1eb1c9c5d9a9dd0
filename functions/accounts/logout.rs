//! `POST /api/v1/accounts/logout/`: ends the session of a refresh token.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    config::ConfigError,
    database::Database,
    http::{Body, Error, Method, Request, Response, no_content},
    jwt::RefreshKeys,
    models::accounts::RefreshToken,
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

pub(crate) struct Logout {
    database: Database,
    keys: RefreshKeys,
}

impl Endpoint for Logout {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, keys) = tokio::try_join!(Database::start(&secrets), RefreshKeys::start(&secrets))?;
        Ok(Self { database, keys })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Body(RefreshToken { refresh_token }) = request.read()?;
        request.identify(self.keys.user_of(refresh_token.expose()).await?);
        let mut connection = self.database.connection().await?;
        sqlx::query!("DELETE FROM refresh_tokens WHERE token_hash = $1", refresh_token.digest())
            .execute(&mut *connection)
            .await?;
        connection.release();
        Ok(no_content())
    }
}

impl Documented for Logout {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/accounts/logout/", "logout")
            .summary("Log out", "Ends the session of a refresh token, if there is one.")
            .request::<Body<RefreshToken>>(json!({"refresh_token": "eyJ0eXAi…"}))
            .responds_without_body(204, "There is no such session any more.")
            .error(400, "Token has expired.")
            .error(400, "Invalid token.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<Logout>().await
}
