//! `POST /api/v1/accounts/activate/`: activates an account with the token that was mailed to its address.

use serde_json::json;
use shared::{
    Endpoint,
    accounts::rate_limit::{HashedKey, RateLimit, check},
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    models::{accounts::Activation, password},
    openapi::{Documented, Operation},
    passwords::Hasher,
    secrets::Secrets,
};
use sqlx::PgConnection;

pub(crate) struct Activate {
    database: Database,
    hasher: Hasher,
    limit: RateLimit,
}

impl Endpoint for Activate {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/activate/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        password::check_settings()?;
        let limit = RateLimit::for_tokens("activate")?;
        Ok(Self { database: Database::start(secrets).await?, hasher: Hasher::default(), limit })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(Activation { email, token, password }) = request.read()?;
        let refused = || Error::bad_request("Invalid or expired activation token.");
        let token_hash = token.digest();
        let attempt = self.limit.attempt(request, email.as_str());
        // The lock serializes activations: the second finds no token. NO KEY UPDATE suffices, and does not block a
        // resend, which locks the token's row and then refers to the user's. A password is hashed first, and only for
        // the right token.
        let activate = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH account AS (
                    SELECT users.id, users.is_active
                    FROM users JOIN activation_tokens ON user_id = users.id
                    WHERE email = $1 AND token_hash = $2 AND expires_at > now() AND disabled_at IS NULL
                    FOR NO KEY UPDATE
                ), activated AS (
                    UPDATE users SET is_active = true FROM account
                    WHERE users.id = account.id AND NOT account.is_active AND $6
                ), spent AS (
                    DELETE FROM activation_tokens USING account
                    WHERE user_id = account.id AND NOT account.is_active AND $6
                ), event AS (
                    INSERT INTO events (action, actor_id, user_id, client)
                    SELECT 'account_activated', id, id, $7 FROM account WHERE NOT is_active AND $6
                ), attempt AS MATERIALIZED (
                    -- Only a wrong token counts, so that no other client can lock out the one that has the right token.
                    SELECT CASE WHEN EXISTS (SELECT FROM account) THEN 0 ELSE rate_limit_take($3, $4, $5) END AS wait
                )
                SELECT wait AS "wait!", account.is_active AS "was_active?", users.id AS "user_id?"
                FROM attempt LEFT JOIN users ON email = $1 LEFT JOIN account ON account.id = users.id
                "#,
                email.as_str(),
                token_hash,
                &attempt.buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period,
                password.is_none(),
                request.user_agent(),
            )
            .fetch_one(connection)
            .await
        };
        let outcome = self.database.write(activate).await?;

        outcome.user_id.inspect(|id| request.set_user_id(*id));
        check(outcome.wait)?;
        let user_id = match (outcome.user_id, outcome.was_active) {
            (Some(user_id), Some(false)) => user_id,
            (_, Some(true)) => return Err(Error::bad_request("User account is already active.")),
            _ => return Err(refused()),
        };
        if let Some(password) = password {
            let hash = self.hasher.hash(&password).await?;
            let user_agent = request.user_agent();
            let activate = async |connection: &mut PgConnection| {
                activate_with(connection, user_id, &token_hash, &hash, user_agent).await
            };
            if !self.database.write(activate).await? {
                return Err(refused());
            }
        }
        json(StatusCode::OK, &json!({ "message": "User account activated successfully." }))
    }
}

/// Activates the user with the hash of another password. Returns false if the token is gone by now.
async fn activate_with(
    connection: &mut PgConnection,
    user_id: i64,
    token_hash: &[u8],
    hash: &str,
    user_agent: Option<&str>,
) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        WITH activation AS MATERIALIZED (
            SELECT activate_with_password($1, $2, $3) AS is_done
        ), event AS (
            INSERT INTO events (action, actor_id, user_id, client)
            SELECT action, $1, $1, $4
            FROM activation, unnest(ARRAY['account_activated', 'password_changed']::event_action[]) AS action
            WHERE is_done
        )
        SELECT is_done AS "is_done!" FROM activation
        "#,
        user_id,
        token_hash,
        hash,
        user_agent,
    )
    .fetch_one(connection)
    .await
}

impl Documented for Activate {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "activate")
            .summary(
                "Activate an account",
                "Proves with the mailed token that the address is its owner's. A token is good \
                 for 24 hours, and once; blanks around it do not count. Only wrong tokens are limited. A \
                 password replaces the one of the registration, which anyone may have chosen.",
            )
            .request::<Body<Activation>>(json!({
                "email": "reader@example.com", "token": "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0",
            }))
            .responds_with_message(200, "message", "User account activated successfully.")
            .error(400, "Invalid or expired activation token.")
            .error(400, "User account is already active.")
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Activate>()
}
