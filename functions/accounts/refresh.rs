//! `POST /api/v1/accounts/refresh/`: a new access token for a refresh token.

use serde::Serialize;
use serde_json::json;
use shared::{
    Endpoint,
    accounts::NOT_ACTIVATED,
    config::ConfigError,
    database::Database,
    http::{Error, Request, Response, Route, StatusCode, json},
    input,
    jwt::{self, AccessKeys, RefreshKeys, Refusal},
    openapi::{Documented, Operation, ToSchema},
    secrets::Secrets,
    token::Secret,
};
use sqlx::PgConnection;

input::input! {
    struct Input {
        body refresh_token: Secret,
    }
}

pub(crate) struct Refresh {
    database: Database,
    access_keys: AccessKeys,
    refresh_keys: RefreshKeys,
}

impl Endpoint for Refresh {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/refresh/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, (access_keys, refresh_keys)) =
            tokio::try_join!(Database::start(secrets), jwt::both(secrets))?;
        Ok(Self { database, access_keys, refresh_keys })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { refresh_token } = Input::read(request)?;
        let user_id = self.refresh_keys.user_of(refresh_token.expose()).await?;
        request.identify(user_id);
        let digest = refresh_token.digest();
        let session = self.database.read(async |connection| Session::find(connection, &digest).await).await?;
        match session {
            None => Err(Error::refused(StatusCode::UNAUTHORIZED, "Refresh token not found.")),
            Some(session) if session.is_expired => Err(Refusal::Expired.into()),
            Some(Session { user_id: owner, is_active: Some(is_active), .. }) if owner == user_id => {
                if !is_active {
                    return Err(Error::refused(StatusCode::FORBIDDEN, NOT_ACTIVATED));
                }
                let access_token = self.access_keys.token(user_id).await?;
                json(StatusCode::OK, &AccessToken { access_token, token_type: "bearer" })
            }
            Some(_) => Err(Error::not_found("User not found.")),
        }
    }
}

/// What requests are made with.
#[derive(Serialize, ToSchema)]
struct AccessToken {
    /// Goes into the `Authorization` header, after `Bearer `.
    access_token: String,
    token_type: &'static str,
}

struct Session {
    user_id: i64,
    is_expired: bool,
    /// `None` where the user is gone.
    is_active: Option<bool>,
}

impl Session {
    async fn find(connection: &mut PgConnection, token_hash: &[u8]) -> sqlx::Result<Option<Self>> {
        sqlx::query_as!(
            Self,
            r#"
            SELECT user_id, expires_at <= now() AS "is_expired!", is_active AS "is_active?"
            FROM refresh_tokens LEFT JOIN users ON users.id = user_id
            WHERE token_hash = $1
            "#,
            token_hash,
        )
        .fetch_optional(connection)
        .await
    }
}

impl Documented for Refresh {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "refresh")
            .says(
                "Get a new access token",
                "Works as long as the session of the refresh token has not ended.",
            )
            .takes_body::<Input>("Refresh", json!({"refresh_token": "eyJ0eXAi…"}))
            .answers::<AccessToken>(
                200,
                "A new access token.",
                json!({"access_token": "eyJ0eXAi…", "token_type": "bearer"}),
            )
            .refuses(400, Refusal::Expired.detail())
            .refuses(400, Refusal::Invalid.detail())
            .refuses(401, "Refresh token not found.")
            .refuses(403, NOT_ACTIVATED)
            .refuses(404, "User not found.")
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Refresh>()
}
