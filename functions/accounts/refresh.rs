//! `POST /api/v1/accounts/refresh/`: returns a new access token for a refresh token.

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::{
    Endpoint,
    accounts::{DISABLED, NOT_ACTIVATED},
    config::{self, ConfigError},
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    jwt::{self, AccessKeys, Claims, RefreshKeys, TokenError},
    models::{
        Secret,
        accounts::{AccessToken, RefreshToken},
    },
    openapi::{Documented, Operation},
    secrets::Secrets,
    token::digest,
};
use sqlx::PgConnection;

const NOT_FOUND: &str = "Refresh token not found.";

pub(crate) struct Refresh {
    database: Database,
    access_keys: AccessKeys,
    refresh_keys: RefreshKeys,
    rotates: bool,
}

impl Endpoint for Refresh {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/refresh/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let rotates = config::switch("REFRESH_ROTATION", false)?;
        let (database, (access_keys, refresh_keys)) =
            tokio::try_join!(Database::start(secrets), jwt::access_and_refresh_keys(secrets))?;
        Ok(Self { database, access_keys, refresh_keys, rotates })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(RefreshToken { refresh_token: token }) = request.read()?;
        let claims = self.refresh_keys.verify(token.expose()).await?;
        request.set_user_id(claims.user_id);
        // Twice, for a token that another request has just replaced.
        for _ in 0..2 {
            let session = self.session(request, &token, claims).await?;
            let refresh_token = match self.rotates {
                true => match self.rotate(&token, &session).await? {
                    None => continue,
                    successor => successor,
                },
                false => None,
            };
            let access_token = self.access_keys.sign(session.user_id, session.id, session.issued_at).await?;
            let tokens = AccessToken { access_token, refresh_token, token_type: "bearer" };
            return json(StatusCode::OK, &tokens);
        }
        Err(Error::status(StatusCode::UNAUTHORIZED, NOT_FOUND))
    }
}

impl Refresh {
    /// Finds the session of a token. Ends it, and fails, if the token was replaced more than ten seconds ago.
    async fn session(&self, request: &Request, token: &Secret, claims: Claims) -> Result<Session, Error> {
        let hash = token.digest();
        let (first_hash, session_id) =
            if self.rotates { (Some(&hash[..]), claims.session_id) } else { (None, None) };
        let find = async |connection: &mut PgConnection| {
            Session::find(connection, &hash, first_hash, session_id).await
        };
        let session = self.database.read(find).await?;
        let session = session.ok_or(Error::status(StatusCode::UNAUTHORIZED, NOT_FOUND))?;
        if session.is_expired {
            return Err(TokenError::Expired.into());
        }
        let is_active = session.is_active.filter(|_| session.user_id == claims.user_id);
        let is_active = is_active.ok_or(Error::not_found("User not found."))?;
        if let Some(last_hash) = &session.last_hash
            && !self.is_recent(token, &session, last_hash).await?
        {
            let end = async |connection: &mut PgConnection| {
                session.end_after_reuse(connection, request.user_agent()).await
            };
            self.database.write(end).await?;
            tracing::warn!("a refresh token was used again after its replacement; its session has ended");
            return Err(Error::status(StatusCode::UNAUTHORIZED, NOT_FOUND));
        }
        match (session.is_disabled, is_active) {
            (true, _) => Err(Error::status(StatusCode::FORBIDDEN, DISABLED)),
            (false, false) => Err(Error::status(StatusCode::FORBIDDEN, NOT_ACTIVATED)),
            (false, true) => Ok(session),
        }
    }

    /// Replaces the token and returns its successor, which is always the same. Returns `None` if another request has
    /// replaced the token in the meantime.
    async fn rotate(&self, token: &Secret, session: &Session) -> Result<Option<String>, Error> {
        let successor = self.successor(token.expose(), session).await?;
        if session.last_hash.is_some() {
            return Ok(Some(successor));
        }
        let (hash, next_hash) = (token.digest(), digest(&successor));
        let replace =
            async |connection: &mut PgConnection| session.replace(connection, &hash, &next_hash).await;
        Ok(self.database.write(replace).await?.then_some(successor))
    }

    /// Returns whether the token was replaced within the last ten seconds: whether the session's last token is one of the
    /// successors that it can have had since.
    async fn is_recent(&self, token: &Secret, session: &Session, last_hash: &[u8]) -> Result<bool, Error> {
        let mut next = self.successor(token.expose(), session).await?;
        for _ in 0..session.recent_rotations {
            if digest(&next) == last_hash {
                return Ok(true);
            }
            next = self.successor(&next, session).await?;
        }
        Ok(false)
    }

    async fn successor(&self, token: &str, session: &Session) -> Result<String, Error> {
        self.refresh_keys.successor(token, session.user_id, session.id, session.expires_at).await
    }
}

struct Session {
    id: i64,
    user_id: i64,
    expires_at: DateTime<Utc>,
    is_expired: bool,
    /// `None` if the user does not exist.
    is_active: Option<bool>,
    is_disabled: bool,
    /// The hash of the last token, if it is another one.
    last_hash: Option<Vec<u8>>,
    /// How often the token was replaced within the last ten seconds.
    recent_rotations: i64,
    /// The time of the database, in seconds since 1970.
    issued_at: i64,
}

impl Session {
    /// Finds a session by its last token, by its first one, or by its id, and stores that it is used, at most once a
    /// minute.
    async fn find(
        connection: &mut PgConnection,
        last_hash: &[u8],
        first_hash: Option<&[u8]>,
        id: Option<i64>,
    ) -> sqlx::Result<Option<Self>> {
        sqlx::query_as!(
            Self,
            r#"
            WITH used AS (
                UPDATE refresh_tokens SET last_used_at = now()
                WHERE token_hash = $1 AND last_used_at < now() - interval '1 minute'
            )
            SELECT session.id, user_id, expires_at, expires_at <= now() AS "is_expired!", is_active AS "is_active?",
                   disabled_at IS NOT NULL AS "is_disabled!",
                   CASE WHEN token_hash <> $1 THEN token_hash END AS last_hash,
                   (SELECT count(*) FROM unnest(rotated_at) AS at WHERE at > now() - interval '10 seconds')
                       AS "recent_rotations!",
                   floor(extract(epoch FROM now()))::bigint AS "issued_at!"
            FROM refresh_tokens AS session LEFT JOIN users ON users.id = user_id
            WHERE session.id = coalesce(
                (SELECT id FROM refresh_tokens WHERE token_hash = $1),
                (SELECT id FROM refresh_tokens WHERE first_token_hash = $2),
                $3
            )
            "#,
            last_hash,
            first_hash,
            id,
        )
        .fetch_optional(connection)
        .await
    }

    /// Replaces the last token. Returns false if it is another one by now.
    async fn replace(
        &self,
        connection: &mut PgConnection,
        hash: &[u8],
        next_hash: &[u8],
    ) -> sqlx::Result<bool> {
        let replaced = sqlx::query!(
            "UPDATE refresh_tokens
             SET token_hash = $3, first_token_hash = coalesce(first_token_hash, token_hash),
                 rotated_at = (now() || rotated_at)[:8], last_used_at = now()
             WHERE id = $1 AND token_hash = $2",
            self.id,
            hash,
            next_hash,
        )
        .execute(connection)
        .await?;
        Ok(replaced.rows_affected() == 1)
    }

    /// Ends the session, whose old token was used again. The event has no actor: who has an old token is not known.
    async fn end_after_reuse(
        &self,
        connection: &mut PgConnection,
        user_agent: Option<&str>,
    ) -> sqlx::Result<()> {
        sqlx::query!(
            r#"
            WITH ended AS (
                DELETE FROM refresh_tokens WHERE id = $1 RETURNING user_id
            )
            INSERT INTO events (action, user_id, client) SELECT 'refresh_token_reused', user_id, $2 FROM ended
            "#,
            self.id,
            user_agent,
        )
        .execute(connection)
        .await?;
        Ok(())
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
            .error(401, NOT_FOUND)
            .error(403, NOT_ACTIVATED)
            .error(403, DISABLED)
            .error(404, "User not found.")
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Refresh>()
}
