//! `POST /api/v1/accounts/refresh/`: a new access token for a refresh token.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::{
        Secret,
        jwt::{Keys, Kind, Refusal},
    },
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    input,
    secrets::Secrets,
    serve,
};
use sqlx::PgConnection;

input::input! {
    struct Input {
        body refresh_token: Secret,
    }
}

struct Refresh {
    database: Database,
    keys: Keys,
}

impl Endpoint for Refresh {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let secrets = Secrets::default();
        let (database, keys) = tokio::try_join!(Database::start(&secrets), Keys::start(&secrets))?;
        Ok(Self { database, keys })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { refresh_token } = Input::read(request)?;
        let user_id = self.keys.user_of(Kind::Refresh, refresh_token.expose()).await?;
        let digest = refresh_token.digest();
        let session =
            self.database.read(|connection| Box::pin(Session::find(connection, digest.clone()))).await?;
        match session {
            None => Err(Error::refused(StatusCode::UNAUTHORIZED, "Refresh token not found.")),
            Some(session) if session.is_expired => Err(Refusal::Expired.into()),
            Some(session) if session.user_id != user_id => Err(Error::not_found("User not found.")),
            Some(session) if !session.is_active => {
                Err(Error::refused(StatusCode::FORBIDDEN, "User account is not activated."))
            }
            Some(_) => {
                let access_token = self.keys.access_token(user_id).await?;
                json(StatusCode::OK, &json!({ "access_token": access_token, "token_type": "bearer" }))
            }
        }
    }
}

struct Session {
    user_id: i64,
    is_expired: bool,
    is_active: bool,
}

impl Session {
    async fn find(connection: &mut PgConnection, token_hash: Vec<u8>) -> sqlx::Result<Option<Self>> {
        sqlx::query_as!(
            Self,
            r#"
            SELECT user_id, expires_at <= now() AS "is_expired!", is_active
            FROM refresh_tokens JOIN users ON users.id = user_id
            WHERE token_hash = $1
            "#,
            token_hash,
        )
        .fetch_optional(connection)
        .await
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<Refresh>().await
}
