//! `POST /api/v1/accounts/register/`: creates an account and mails its activation token.

use chrono::Utc;
use serde_json::json;
use shared::{
    Endpoint,
    accounts::{
        ACTIVATION_LIFETIME,
        rate_limit::{HashedKey, MailCap, RateLimit, check},
    },
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request, Response, Route, StatusCode, json},
    mail::Wake,
    models::{
        accounts::{Account, Registration},
        password,
    },
    openapi::{Documented, Operation},
    passwords::Hasher,
    secrets::Secrets,
    token::Token,
};
use sqlx::PgConnection;

pub(crate) struct Register {
    database: Database,
    hasher: Hasher,
    limit: RateLimit,
    cap: MailCap,
    wake: Wake,
}

impl Endpoint for Register {
    const ROUTES: &'static [Route] = &[Route::post("/api/v1/accounts/register/")];
    const INTERNAL_ERROR: &'static str = "An error occurred during user creation.";

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        password::check_settings()?;
        let limit = RateLimit::for_mail("register")?;
        let cap = MailCap::read()?;
        let wake = Wake::start();
        let database = Database::start(secrets).await?;
        Ok(Self { database, hasher: Hasher::default(), limit, cap, wake })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let Body(Registration { email, password }) = request.read()?;
        let email = email.as_str();
        let taken =
            || Error::status(StatusCode::CONFLICT, format!("A user with this email {email} already exists."));

        let attempt = self.limit.attempt(request, email);
        let find = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                SELECT rate_limit_take($1, $2, $3) AS "wait!", id AS "user_id?"
                FROM (SELECT) AS always LEFT JOIN users ON email = $4
                "#,
                &attempt.buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period,
                email,
            )
            .fetch_one(connection)
            .await
        };
        let known = self.database.write(find).await?;
        known.user_id.inspect(|id| request.set_user_id(*id));
        check(known.wait)?;
        if known.user_id.is_some() {
            return Err(taken());
        }

        let hash = self.hasher.hash(&password).await?;
        let token = Token::generate().map_err(Error::internal)?;
        let cap = self.cap.buckets(email);
        let create = async |connection: &mut PgConnection| {
            sqlx::query_scalar!(
                r#"
                WITH created AS (
                    INSERT INTO users (email, hashed_password, group_id)
                    VALUES ($1, $2, (SELECT id FROM user_groups WHERE name = 'user'))
                    ON CONFLICT (email) DO NOTHING
                    RETURNING id
                ), token AS (
                    INSERT INTO activation_tokens (token_hash, expires_at, user_id)
                    SELECT $3, $4, id FROM created
                ), mail AS (
                    INSERT INTO mail_outbox (kind, user_id, token) SELECT 'activation', id, $5 FROM created
                ), cap AS MATERIALIZED (
                    -- Counts the mail and does not hold it back: an address is registered once.
                    SELECT rate_limit_take($6, $7, $8, is_binding => ARRAY[false]) FROM created
                ), event AS (
                    -- Without an actor: anyone can register an address.
                    INSERT INTO events (action, user_id, client) SELECT 'account_registered', id, $9 FROM created
                )
                SELECT id FROM created, cap
                "#,
                email,
                hash,
                token.digest(),
                Utc::now() + ACTIVATION_LIFETIME,
                token.expose(),
                &cap.mail as &[HashedKey],
                &cap.capacities,
                cap.period,
                request.user_agent(),
            )
            .fetch_optional(connection)
            .await
        };
        let id = self.database.write(create).await?.ok_or_else(taken)?;
        request.set_user_id(id);
        self.wake.send_mail().await;
        json(StatusCode::CREATED, &Account { id, email: email.to_owned() })
    }
}

impl Documented for Register {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "register")
            .summary("Register", "Creates an inactive account and mails an activation token to its address.")
            .request::<Body<Registration>>(
                json!({"email": "reader@example.com", "password": "StrongPassword123!"}),
            )
            .responds::<Account>(201, "The new account.", json!({"id": 1, "email": "reader@example.com"}))
            .error_example(409, "A user with this email reader@example.com already exists.")
            .rate_limited()
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Register>()
}
