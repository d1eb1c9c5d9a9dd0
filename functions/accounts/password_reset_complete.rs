//! `POST /api/v1/accounts/reset-password/complete/`: sets a new password with the token from the mail.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::rate_limit::{self, HashedKey, RateLimit, check},
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    mail::Wake,
    models::{accounts::PasswordReset, password},
    openapi::{Documented, Operation},
    passwords::Hasher,
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct CompletePasswordReset {
    database: Database,
    hasher: Hasher,
    limit: RateLimit,
    wake: Wake,
}

impl Endpoint for CompletePasswordReset {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/reset-password/complete/")];
    const INTERNAL_ERROR: &'static str = "An error occurred while resetting the password.";

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        password::check_settings()?;
        let limit = RateLimit::for_tokens("reset_complete")?;
        let wake = Wake::start();
        let database = Database::start(secrets).await?;
        Ok(Self { database, hasher: Hasher::default(), limit, wake })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(PasswordReset { email, password, token }) = request.read()?;
        let refused = || Error::bad_request("Invalid email or token.");
        let token_hash = token.digest();
        let attempt = self.limit.attempt(request, email.as_str());
        let (deletions, max_deletions) = self.limit.token_deletions(email.as_str());
        let verify = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH account AS MATERIALIZED (
                    SELECT id, is_active AND disabled_at IS NULL AS is_enabled FROM users WHERE email = $1
                ), stored AS MATERIALIZED (
                    SELECT user_id, token_hash, token_hash = $2 AND expires_at > now() AS is_right
                    FROM password_reset_tokens JOIN account ON account.id = user_id
                    WHERE is_enabled
                ), attempt AS MATERIALIZED (
                    -- Only a wrong token counts, so that no other client can lock out the one that has the right token.
                    SELECT is_wrong, CASE WHEN is_wrong THEN rate_limit_take($3, $4, $5) ELSE 0 END AS wait
                    FROM (SELECT NOT EXISTS (SELECT FROM stored WHERE is_right) AS is_wrong) AS token
                ), deletion AS MATERIALIZED (
                    SELECT rate_limit_take($7, $8, $5) = 0 AS is_allowed FROM attempt WHERE is_wrong AND wait = 0
                ), spoilt AS (
                    DELETE FROM password_reset_tokens USING stored, deletion
                    WHERE password_reset_tokens.user_id = stored.user_id
                      AND password_reset_tokens.token_hash = stored.token_hash AND is_allowed
                ), decoy AS (
                    -- Takes as long as deleting a token, where none is deleted.
                    INSERT INTO attempt_buckets (bucket, full_at)
                    SELECT $6, now() FROM deletion WHERE NOT (is_allowed AND EXISTS (SELECT FROM stored))
                    ON CONFLICT (bucket) DO UPDATE SET full_at = now()
                )
                SELECT wait AS "wait!", account.id AS "user_id?", coalesce(is_right, false) AS "is_right!"
                FROM attempt LEFT JOIN account ON true LEFT JOIN stored ON true
                "#,
                email.as_str(),
                token_hash,
                &attempt.buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period,
                &attempt.token_decoy[..],
                &deletions as &[HashedKey],
                &max_deletions,
            )
            .fetch_one(connection)
            .await
        };
        let outcome = self.database.write(verify).await?;
        outcome.user_id.inspect(|id| request.set_user_id(*id));
        check(outcome.wait)?;
        let user_id = outcome.user_id.filter(|_| outcome.is_right).ok_or_else(refused)?;

        let hash = self.hasher.hash(&password).await?;
        let change = async |connection: &mut PgConnection| {
            let (client, user_agent) = (&attempt.client, request.user_agent());
            reset(connection, user_id, &token_hash, &hash, email.as_str(), client, user_agent).await
        };
        if !self.database.write(change).await? {
            return Err(refused());
        }

        self.wake.send_mail().await;
        json(StatusCode::OK, &json!({ "message": "Password reset successfully." }))
    }
}

/// Replaces the hash, deletes the token, ends every session, forgets the known clients but the one that sent it, deletes the
/// failed logins and stores the event, all or nothing. Returns whether the token was still there.
async fn reset(
    connection: &mut PgConnection,
    user_id: i64,
    token_hash: &[u8],
    hash: &str,
    address: &str,
    client: &HashedKey,
    user_agent: Option<&str>,
) -> sqlx::Result<bool> {
    let [own, about] = rate_limit::failed_logins(address);
    sqlx::query_scalar!(
        r#"
        WITH reset AS MATERIALIZED (
            SELECT reset_password($1, $2, $3) AS is_done
        ), forgotten AS MATERIALIZED (
            SELECT rate_limit_forget($4, $5) FROM reset WHERE is_done
        ), remembered AS (
            INSERT INTO known_clients (client, user_id) SELECT $7, $1 FROM reset WHERE is_done
            ON CONFLICT (client) DO UPDATE SET user_id = excluded.user_id, used_at = now()
        ), event AS (
            INSERT INTO events (action, actor_id, user_id, client)
            SELECT 'password_reset', $1, $1, $6 FROM reset WHERE is_done
        )
        SELECT is_done AS "is_done!" FROM reset LEFT JOIN forgotten ON true
        "#,
        user_id,
        token_hash,
        hash,
        &own[..],
        &about[..],
        user_agent,
        &client[..],
    )
    .fetch_one(connection)
    .await
}

impl Documented for CompletePasswordReset {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "completePasswordReset")
            .summary(
                "Set a new password",
                "Needs the mailed token, around which blanks do not count, and ends every session of the \
                 account. A wrong token may spoil the right one. Only wrong tokens are limited.",
            )
            .request::<Body<PasswordReset>>(json!({
                "email": "reader@example.com", "password": "AnotherPassword456#",
                "token": "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0",
            }))
            .responds_with_message(200, "message", "Password reset successfully.")
            .error(400, "Invalid email or token.")
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<CompletePasswordReset>()
}
