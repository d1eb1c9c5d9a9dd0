//! `POST /api/v1/accounts/refresh/`: a new access token for a refresh token.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::{DISABLED, NOT_ACTIVATED},
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    jwt::{self, AccessKeys, RefreshKeys, TokenError},
    models::accounts::{AccessToken, RefreshToken},
    openapi::{Documented, Operation},
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct Refresh {
    database: Database,
    access_keys: AccessKeys,
    refresh_keys: RefreshKeys,
}

impl Endpoint for Refresh {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/refresh/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (database, (access_keys, refresh_keys)) =
            tokio::try_join!(Database::start(secrets), jwt::access_and_refresh_keys(secrets))?;
        Ok(Self { database, access_keys, refresh_keys })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(RefreshToken { refresh_token }) = request.read()?;
        let user_id = self.refresh_keys.verify(refresh_token.expose()).await?.user_id;
        request.set_user_id(user_id);
        let digest = refresh_token.digest();
        let stored = self
            .database
            .read(async |connection| StoredRefreshToken::find(connection, &digest).await)
            .await?;
        match stored {
            None => Err(Error::status(StatusCode::UNAUTHORIZED, "Refresh token not found.")),
            Some(stored) if stored.is_expired => Err(TokenError::Expired.into()),
            Some(StoredRefreshToken {
                id,
                user_id: owner,
                is_active: Some(is_active),
                is_disabled,
                issued_at,
                ..
            }) if owner == user_id => {
                if is_disabled {
                    return Err(Error::status(StatusCode::FORBIDDEN, DISABLED));
                }
                if !is_active {
                    return Err(Error::status(StatusCode::FORBIDDEN, NOT_ACTIVATED));
                }
                let access_token = self.access_keys.sign(user_id, id, issued_at).await?;
                json(StatusCode::OK, &AccessToken { access_token, token_type: "bearer" })
            }
            Some(_) => Err(Error::not_found("User not found.")),
        }
    }
}

struct StoredRefreshToken {
    id: i64,
    user_id: i64,
    is_expired: bool,
    /// `None` where the user is gone.
    is_active: Option<bool>,
    is_disabled: bool,
    /// The time of the database, in seconds since 1970.
    issued_at: i64,
}

impl StoredRefreshToken {
    /// Finds the session of a token, and stores that it is used, at most once a minute.
    async fn find(connection: &mut PgConnection, token_hash: &[u8]) -> sqlx::Result<Option<Self>> {
        sqlx::query_as!(
            Self,
            r#"
            WITH used AS (
                UPDATE refresh_tokens SET last_used_at = now()
                WHERE token_hash = $1 AND last_used_at < now() - interval '1 minute'
            )
            SELECT session.id, user_id, expires_at <= now() AS "is_expired!", is_active AS "is_active?",
                   disabled_at IS NOT NULL AS "is_disabled!",
                   floor(extract(epoch FROM now()))::bigint AS "issued_at!"
            FROM refresh_tokens AS session LEFT JOIN users ON users.id = user_id
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
            .summary(
                "Get a new access token",
                "Works as long as the session of the refresh token has not ended.",
            )
            .request::<Body<RefreshToken>>(json!({"refresh_token": "eyJ0eXAi…"}))
            .responds::<AccessToken>(
                200,
                "A new access token.",
                json!({"access_token": "eyJ0eXAi…", "token_type": "bearer"}),
            )
            .error(400, TokenError::Expired.detail())
            .error(400, TokenError::Invalid.detail())
            .error(401, "Refresh token not found.")
            .error(403, NOT_ACTIVATED)
            .error(403, DISABLED)
            .error(404, "User not found.")
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Refresh>()
}
