//! `POST /api/v1/accounts/login/`: returns an access token and a refresh token for the correct password.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use shared::{
    Endpoint,
    accounts::{
        DISABLED, NOT_ACTIVATED,
        rate_limit::{Attempt, HashedKey, RateLimit, check},
    },
    config::{self, ConfigError},
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    jwt::{self, AccessKeys, RefreshKeys},
    models::{
        Secret,
        accounts::{Credentials, Tokens},
    },
    openapi::{Documented, Operation},
    passwords::{Hasher, Verification},
    secrets::Secrets,
    token::digest,
};
use sqlx::PgConnection;

/// How many known clients an account keeps: those used last. Strangers' attempts do not lock them out.
const MAX_CLIENTS: i64 = 20;

pub(crate) struct Login {
    database: Database,
    access_keys: AccessKeys,
    refresh_keys: RefreshKeys,
    hasher: Hasher,
    limit: RateLimit,
    lifetime: TimeDelta,
}

impl Endpoint for Login {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/login/")];
    const INTERNAL_ERROR: &'static str = "An error occurred while processing the request.";

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let limit = RateLimit::for_logins()?;
        let days = config::parsed("LOGIN_TIME_DAYS", 7)?;
        if !(1..=3650).contains(&days) {
            return Err(ConfigError::new("LOGIN_TIME_DAYS", "must be from 1 to 3650"));
        }
        let (database, (access_keys, refresh_keys)) =
            tokio::try_join!(Database::start(secrets), jwt::access_and_refresh_keys(secrets))?;
        let hasher = Hasher::default();
        Ok(Self { database, access_keys, refresh_keys, hasher, limit, lifetime: TimeDelta::days(days) })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(Credentials { email, password }) = request.read()?;
        let outcome = self.log_in(request, email.as_str(), &password).await;
        if request.user_id().is_none() {
            request.set_address_hash(self.access_keys.address_hash(email.as_str()).await);
        }
        outcome
    }
}

impl Login {
    /// Returns the tokens of a new session. Fails with 429 over a limit, with 401 for a wrong address or password, and with
    /// 403 for an account that is not active or is disabled.
    async fn log_in(&self, request: &Request, email: &str, password: &Secret) -> Result<Response, Error> {
        let attempt = self.limit.attempt(request, email);
        let (mut account, wait) = self.find(email, Some(&attempt)).await?;
        check(wait)?;
        let user_id = account.as_ref().map(|account| account.id);

        // A second try, in case another login replaces the outdated hash at the same time.
        for _ in 0..2 {
            let stored = account.as_ref().map(|account| account.hashed_password.clone());
            let verification = self.hasher.verify(password, stored).await?;
            let Some(known) = account.filter(|_| verification != Verification::Wrong) else {
                break;
            };

            let expires_at = Utc::now() + self.lifetime;
            let refresh_token = self.refresh_keys.sign(known.id, expires_at).await?;
            let issued =
                IssuedRefreshToken { token: &refresh_token, expires_at, user_agent: request.user_agent() };
            let result = self
                .database
                .write(async |connection| {
                    known.complete_login(connection, &verification, &issued, &attempt).await
                })
                .await?;
            if result.is_some() {
                request.set_user_id(known.id);
            }
            match result {
                Some(LoginResult { session_id: Some(session_id), issued_at, .. }) => {
                    let access_token = self.access_keys.sign(known.id, session_id, issued_at).await?;
                    let tokens = Tokens { access_token, refresh_token, token_type: "bearer" };
                    return json(StatusCode::CREATED, &tokens);
                }
                Some(LoginResult { is_disabled, .. }) => {
                    let sentence = if is_disabled { DISABLED } else { NOT_ACTIVATED };
                    return Err(Error::status(StatusCode::FORBIDDEN, sentence));
                }
                None => (account, _) = self.find(email, None).await?,
            }
        }
        self.record_failure(request, user_id, &attempt).await?;
        Err(Error::status(StatusCode::UNAUTHORIZED, "Invalid email or password."))
    }

    /// Stores the event of a failed login. Without an account, writes to a decoy instead, which takes as long.
    async fn record_failure(
        &self,
        request: &Request,
        user_id: Option<i64>,
        attempt: &Attempt,
    ) -> sqlx::Result<()> {
        let record = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH event AS (
                    INSERT INTO events (action, user_id, client)
                    SELECT 'login_failed', $1, $2 WHERE $1::bigint IS NOT NULL
                )
                INSERT INTO attempt_buckets (bucket, full_at)
                SELECT $3, now() WHERE $1::bigint IS NULL
                ON CONFLICT (bucket) DO UPDATE SET full_at = now()
                "#,
                user_id,
                request.user_agent(),
                &attempt.token_decoy[..],
            )
            .execute(connection)
            .await
        };
        self.database.write(record).await?;
        Ok(())
    }

    /// Loads the account and counts the attempt. A write, because a read that is repeated would count it twice.
    async fn find(
        &self,
        email: &str,
        attempt: Option<&Attempt>,
    ) -> sqlx::Result<(Option<StoredAccount>, i32)> {
        self.database.write(async |connection| StoredAccount::find(connection, email, attempt).await).await
    }
}

struct StoredAccount {
    id: i64,
    hashed_password: String,
}

struct IssuedRefreshToken<'a> {
    token: &'a str,
    expires_at: DateTime<Utc>,
    user_agent: Option<&'a str>,
}

/// The outcome of a login with the correct password.
struct LoginResult {
    /// The session; `None` where the account is not active or is disabled.
    session_id: Option<i64>,
    is_disabled: bool,
    /// The time of the database, in seconds since 1970.
    issued_at: i64,
}

impl StoredAccount {
    /// Returns the account with this address, if it exists, and the seconds until the next attempt is allowed (0: now).
    /// Counts `attempt` in the same round trip: against all rate limits, or, if the account knows this client, only against
    /// those that apply to known clients.
    async fn find(
        connection: &mut PgConnection,
        email: &str,
        attempt: Option<&Attempt>,
    ) -> sqlx::Result<(Option<Self>, i32)> {
        let found = sqlx::query!(
            r#"
            SELECT rate_limit_take($1, $2, $3, $4, CASE WHEN is_known THEN $5::boolean[] END) AS "wait!",
                   id AS "id?", hashed_password AS "hashed_password?"
            FROM (SELECT EXISTS (SELECT FROM known_clients WHERE client = $6) AS is_known) AS place
            LEFT JOIN users ON email = $7
            "#,
            attempt.map_or(&[][..], |attempt| &attempt.buckets) as &[HashedKey],
            attempt.map_or(&[][..], |attempt| &attempt.capacities),
            attempt.map(|attempt| attempt.period.clone()) as Option<sqlx::postgres::types::PgInterval>,
            attempt.map_or(&[][..], |attempt| &attempt.addresses) as &[Option<HashedKey>],
            attempt.map_or(&[][..], |attempt| &attempt.binds_known),
            attempt.map(|attempt| &attempt.client[..]),
            email,
        )
        .fetch_one(connection)
        .await?;
        let account = found.id.zip(found.hashed_password);
        Ok((account.map(|(id, hashed_password)| Self { id, hashed_password }), found.wait))
    }

    /// Opens the session if the account is active and not disabled, gives the attempt back, replaces an outdated hash,
    /// remembers the client, and stores the event. Returns `None` if the password has changed since it was verified.
    async fn complete_login(
        &self,
        connection: &mut PgConnection,
        verification: &Verification,
        issued: &IssuedRefreshToken<'_>,
        attempt: &Attempt,
    ) -> sqlx::Result<Option<LoginResult>> {
        let better_hash = match verification {
            Verification::Rehashed(hash) => Some(hash.as_str()),
            _ => None,
        };
        sqlx::query_as!(
            LoginResult,
            r#"
            WITH account AS (
                SELECT id, is_active AND disabled_at IS NULL AS is_enabled, disabled_at IS NOT NULL AS is_disabled
                FROM users WHERE id = $1 AND hashed_password = $2 FOR NO KEY UPDATE
            ), upgraded AS (
                UPDATE users SET hashed_password = $3 FROM account
                WHERE users.id = account.id AND $3::text IS NOT NULL
            ), session AS MATERIALIZED (
                SELECT id AS user_id, open_session(id, $4, $5, $11) AS session_id FROM account WHERE is_enabled
            ), given_back AS MATERIALIZED (
                SELECT id, rate_limit_give_back($6, $7, $8) FROM account
            ), event AS (
                INSERT INTO events (action, actor_id, user_id, client)
                SELECT CASE WHEN is_enabled THEN 'login' ELSE 'login_failed' END::event_action,
                       CASE WHEN is_enabled THEN id END, id, $11
                FROM account
            ), remembered AS (
                INSERT INTO known_clients (client, user_id) SELECT $9, id FROM account WHERE is_enabled
                ON CONFLICT (client) DO UPDATE SET user_id = excluded.user_id, used_at = now()
            ), forgotten AS (
                DELETE FROM known_clients WHERE client IN (
                    SELECT client FROM known_clients JOIN account ON user_id = account.id
                    WHERE is_enabled AND client <> $9
                    ORDER BY used_at DESC, client OFFSET $10
                )
            )
            SELECT session_id, is_disabled AS "is_disabled!", floor(extract(epoch FROM now()))::bigint AS "issued_at!"
            FROM account JOIN given_back USING (id) LEFT JOIN session ON session.user_id = account.id
            "#,
            self.id,
            self.hashed_password,
            better_hash,
            digest(issued.token),
            issued.expires_at,
            &attempt.buckets as &[HashedKey],
            &attempt.capacities,
            attempt.period,
            &attempt.client[..],
            MAX_CLIENTS - 1,
            issued.user_agent,
        )
        .fetch_optional(connection)
        .await
    }
}

impl Documented for Login {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "login")
            .summary("Log in", "Returns an access token for ten minutes and a refresh token for some days.")
            .request::<Body<Credentials>>(
                json!({"email": "reader@example.com", "password": "StrongPassword123!"}),
            )
            .responds::<Tokens>(
                201,
                "The tokens of a new session.",
                json!({
                    "access_token": "eyJ0eXAi…", "refresh_token": "eyJ0eXAi…", "token_type": "bearer",
                }),
            )
            .link_with_body(201, "refresh", json!({"refresh_token": "$response.body#/refresh_token"}))
            .link_with_body(201, "logout", json!({"refresh_token": "$response.body#/refresh_token"}))
            .error(401, "Invalid email or password.")
            .error(403, NOT_ACTIVATED)
            .error(403, DISABLED)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Login>()
}
