//! `POST /api/v1/accounts/logout/`: ends the session of a refresh token.

use shared::{
    Endpoint, Methods,
    accounts::{
        Secret,
        jwt::{Keys, Kind},
    },
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, no_content},
    input,
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        body refresh_token: Secret,
    }
}

struct Logout {
    database: Database,
    keys: Keys,
}

impl Endpoint for Logout {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, keys) = tokio::try_join!(Database::start(&secrets), Keys::start(&secrets))?;
        Ok(Self { database, keys })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { refresh_token } = Input::read(request)?;
        self.keys.user_of(Kind::Refresh, refresh_token.expose()).await?;
        let mut connection = self.database.connection().await?;
        sqlx::query!("DELETE FROM refresh_tokens WHERE token_hash = $1", refresh_token.digest())
            .execute(&mut *connection)
            .await?;
        connection.release();
        Ok(no_content())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<Logout>().await
}
