//! `POST /api/v1/accounts/refresh/`: returns a new access token for a refresh token.

use chrono::{DateTime, TimeDelta, Utc};
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

/// How long a replaced token gets its successor again.
const GRACE: TimeDelta = TimeDelta::seconds(10);

/// How often a session replaces its token within [`GRACE`], which bounds its row and the work of finding a successor.
const MOST_ROTATIONS: usize = 100;

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
            let session = self.load_or_end_reused(request, &token, claims).await?;
            let refresh_token = if self.rotates {
                match self.rotate(&token, &session).await? {
                    None => continue,
                    successor => successor,
                }
            } else {
                None
            };
            let access_token =
                self.access_keys.sign(session.user_id, session.id, session.now.timestamp()).await?;
            let tokens = AccessToken { access_token, refresh_token, token_type: "bearer" };
            return json(StatusCode::OK, &tokens);
        }
        Err(Error::status(StatusCode::UNAUTHORIZED, NOT_FOUND))
    }
}

impl Refresh {
    /// Loads the session of a token. Fails with 401 without one, with 400 if it has expired, with 404 without its user, and
    /// with 403 if that is not active or is disabled. Ends the session, and fails with 401, if the token was replaced more
    /// than ten seconds ago.
    async fn load_or_end_reused(
        &self,
        request: &Request,
        token: &Secret,
        claims: Claims,
    ) -> Result<StoredSession, Error> {
        let hash = token.digest();
        let find = async |connection: &mut PgConnection| match StoredSession::find(connection, &hash).await? {
            None if self.rotates => StoredSession::find_replaced(connection, &hash, claims.session_id).await,
            found => Ok(found),
        };
        let session = self.database.read(find).await?;
        let session = session.ok_or(Error::status(StatusCode::UNAUTHORIZED, NOT_FOUND))?;
        if session.expires_at <= session.now {
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

    /// Replaces the token and returns its successor, which is always the same. Returns the token itself if it is the last
    /// one of a session with the most rotations, and `None` if another request has replaced it in the meantime.
    async fn rotate(&self, token: &Secret, session: &StoredSession) -> Result<Option<String>, Error> {
        if session.last_hash.is_none() && session.recent_rotations() >= MOST_ROTATIONS {
            return Ok(Some(token.expose().to_owned()));
        }
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
    async fn is_recent(
        &self,
        token: &Secret,
        session: &StoredSession,
        last_hash: &[u8],
    ) -> Result<bool, Error> {
        let mut next = self.successor(token.expose(), session).await?;
        for _ in 0..session.recent_rotations() {
            if digest(&next) == last_hash {
                return Ok(true);
            }
            next = self.successor(&next, session).await?;
        }
        Ok(false)
    }

    async fn successor(&self, token: &str, session: &StoredSession) -> Result<String, Error> {
        self.refresh_keys.successor(token, session.user_id, session.id, session.expires_at).await
    }
}

struct StoredSession {
    id: i64,
    user_id: i64,
    expires_at: DateTime<Utc>,
    /// `None` if the user does not exist.
    is_active: Option<bool>,
    is_disabled: bool,
    /// When the token was replaced, the newest first; those within [`GRACE`] of the newest.
    rotated_at: Vec<DateTime<Utc>>,
    /// The time of the database.
    now: DateTime<Utc>,
    /// The hash of the last token, if it is another one.
    last_hash: Option<Vec<u8>>,
}

impl StoredSession {
    /// Finds the session with this last token, and stores that it is used, at most once a minute.
    async fn find(connection: &mut PgConnection, last_hash: &[u8]) -> sqlx::Result<Option<Self>> {
        let row = sqlx::query!(
            r#"
            SELECT session.id, user_id, expires_at, is_active AS "is_active?", disabled_at IS NOT NULL AS "is_disabled!",
                   rotated_at, now() AS "now!",
                   CASE WHEN last_used_at < now() - interval '1 minute' THEN use_session(session.id) END AS used
            FROM refresh_tokens AS session LEFT JOIN users ON users.id = user_id
            WHERE token_hash = $1
            "#,
            last_hash,
        )
        .fetch_optional(connection)
        .await?;
        Ok(row.map(|row| Self {
            id: row.id,
            user_id: row.user_id,
            expires_at: row.expires_at,
            is_active: row.is_active,
            is_disabled: row.is_disabled,
            rotated_at: row.rotated_at,
            now: row.now,
            last_hash: None,
        }))
    }

    /// Finds the session with this replaced token: its first one, or one that contains its id.
    async fn find_replaced(
        connection: &mut PgConnection,
        hash: &[u8],
        id: Option<i64>,
    ) -> sqlx::Result<Option<Self>> {
        let mut last_hash = Self::last_hash(connection, hash, id).await?;
        while let Some(hash_now) = last_hash {
            if let Some(session) = Self::find(connection, &hash_now).await? {
                return Ok(Some(Self { last_hash: Some(hash_now), ..session }));
            }
            // Replaced again, or ended, since then.
            last_hash = Self::last_hash(connection, hash, id).await?;
        }
        Ok(None)
    }

    async fn last_hash(
        connection: &mut PgConnection,
        first_hash: &[u8],
        id: Option<i64>,
    ) -> sqlx::Result<Option<Vec<u8>>> {
        sqlx::query_scalar!(
            "SELECT token_hash FROM refresh_tokens
             WHERE id = coalesce((SELECT id FROM refresh_tokens WHERE first_token_hash = $1), $2)",
            first_hash,
            id,
        )
        .fetch_optional(connection)
        .await
    }

    /// Returns how often the token was replaced within the last ten seconds.
    fn recent_rotations(&self) -> usize {
        self.rotated_at.iter().filter(|at| self.now - **at < GRACE).count()
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
                 rotated_at = now() || ARRAY(
                     SELECT at FROM unnest(rotated_at) AS at WHERE at > $4 ORDER BY at DESC
                 ),
                 last_used_at = now()
             WHERE id = $1 AND token_hash = $2",
            self.id,
            hash,
            next_hash,
            self.now - GRACE,
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
