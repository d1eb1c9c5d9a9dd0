//! `POST /api/v1/accounts/email-change/request/`: mails a token for another address to it.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use shared::{
    Endpoint,
    accounts::{
        NO_PERMISSION,
        rate_limit::{HashedKey, MailCap, RateLimit, check},
        reauthentication::{INVALID_PASSWORD, Owner, Reauthentication},
    },
    config::ConfigError,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    mail::Wake,
    models::{EmailAddress, accounts::EmailChangeRequest},
    openapi::{Documented, Operation},
    secrets::Secrets,
    token::Token,
};
use sqlx::PgConnection;

const MESSAGE: &str = "If the address can be used, you will receive an email with instructions.";

/// How long a token for another address is valid.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

pub(crate) struct RequestEmailChange {
    reauthentication: Reauthentication,
    limit: RateLimit,
    cap: MailCap,
    wake: Wake,
}

impl Endpoint for RequestEmailChange {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/email-change/request/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let (limit, cap, wake) = (RateLimit::for_mail("email_change")?, MailCap::read()?, Wake::start());
        let reauthentication = Reauthentication::start(secrets).await?;
        Ok(Self { reauthentication, limit, cap, wake })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let (mut owner, EmailChangeRequest { email, password }) =
            self.reauthentication.authenticate(request).await?;
        check(owner.wait)?;

        // Twice, for a request during a login that is just replacing an outdated hash.
        for _ in 0..2 {
            if !self.reauthentication.is_correct(&owner, &password).await? {
                break;
            }
            if let Some(wait) = self.store(request, &owner, &email).await? {
                check(wait)?;
                self.wake.send_mail().await;
                return json(StatusCode::OK, &json!({ "message": MESSAGE }));
            }
            owner = self.reauthentication.reload(owner).await?;
        }
        Err(Error::bad_request(INVALID_PASSWORD))
    }
}

impl RequestEmailChange {
    /// Stores the token, the mail with it and the notice to the present address, and gives the attempt at the password
    /// back. Returns for how many seconds the request comes too early, or `None` if the password was changed in the
    /// meantime. For an address that is taken the work is the same, and no mail leaves for it.
    async fn store(
        &self,
        request: &Request,
        owner: &Owner,
        email: &EmailAddress,
    ) -> Result<Option<i32>, Error> {
        let mails = self.limit.attempt(request, &format!("user {}", owner.user_id));
        let cap = self.cap.buckets(email.as_str());
        let token = Token::generate().map_err(Error::internal)?;
        let store = async |connection: &mut PgConnection| {
            sqlx::query_scalar!(
                r#"
                WITH account AS MATERIALIZED (
                    SELECT id FROM users
                    WHERE id = $1 AND hashed_password = $2 AND is_active AND disabled_at IS NULL
                    FOR NO KEY UPDATE
                ), given_back AS MATERIALIZED (
                    SELECT id, rate_limit_give_back($3, $4, $5) FROM account
                ), attempt AS MATERIALIZED (
                    SELECT id, rate_limit_take($6, $7, $8) AS wait FROM given_back
                ), cap AS MATERIALIZED (
                    SELECT id, is_free, rate_limit_take(CASE WHEN is_free THEN $9 ELSE $10::bytea[] END, $11, $12) AS wait
                    FROM attempt, (SELECT NOT EXISTS (SELECT FROM users WHERE email = $13) AS is_free) AS address
                    WHERE attempt.wait = 0
                ), token AS (
                    -- Also for an address that is taken: its token is not mailed.
                    INSERT INTO email_change_tokens (token_hash, expires_at, user_id, email, session_id)
                    SELECT $14, $15, id, $13, $16 FROM cap WHERE wait = 0
                    ON CONFLICT (user_id) DO UPDATE
                    SET token_hash = excluded.token_hash, expires_at = excluded.expires_at,
                        email = excluded.email, session_id = excluded.session_id
                ), mail AS (
                    INSERT INTO mail_outbox (kind, user_id, token, recipient)
                    SELECT 'email_change', id, $17, $13 FROM cap WHERE wait = 0 AND is_free
                ), notice AS (
                    INSERT INTO mail_outbox (kind, user_id, recipient)
                    SELECT 'email_change_requested', id, $18 FROM cap WHERE wait = 0
                ), decoy AS (
                    -- Takes as long as storing the mail.
                    INSERT INTO attempt_buckets (bucket, full_at)
                    SELECT $19, now() FROM cap WHERE wait = 0 AND NOT is_free
                    ON CONFLICT (bucket) DO UPDATE SET full_at = now()
                )
                SELECT wait AS "wait!" FROM attempt
                "#,
                owner.user_id,
                owner.hashed_password,
                &owner.attempt.buckets as &[HashedKey],
                &owner.attempt.capacities,
                owner.attempt.period.clone(),
                &mails.buckets as &[HashedKey],
                &mails.capacities,
                mails.period,
                &cap.mail as &[HashedKey],
                &cap.decoy as &[HashedKey],
                &cap.capacities,
                cap.period,
                email.as_str(),
                token.digest(),
                Utc::now() + LIFETIME,
                owner.session_id,
                token.expose(),
                owner.email,
                &mails.mail_decoy[..],
            )
            .fetch_optional(connection)
            .await
        };
        Ok(self.reauthentication.database.write(store).await?)
    }
}

impl Documented for RequestEmailChange {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "requestEmailChange")
            .summary(
                "Mail a token to another address",
                "It replaces the one before, and is valid for an hour. The present address gets a notice. The response \
                 is the same for an address that has an account. Wrong passwords and mails are limited.",
            )
            .request::<Body<EmailChangeRequest>>(json!({
                "email": "new.reader@example.com", "password": "StrongPassword123!",
            }))
            .responds_with_message(200, "message", MESSAGE)
            .error(400, INVALID_PASSWORD)
            .requires_token()
            .error(403, NO_PERMISSION)
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<RequestEmailChange>()
}
