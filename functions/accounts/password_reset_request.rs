//! `POST /api/v1/accounts/password-reset/request/`: a token for choosing a new password, by mail.
//!
//! Every address gets the same answer for the same work, so that nobody learns who has an account.

use chrono::{TimeDelta, Utc};
use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::{
        rate_limit::{MailCap, Name, RateLimit, check},
        reset_lifetime,
    },
    config::ConfigError,
    database::Database,
    http::{Body, Error, Method, Request, Response, StatusCode, json},
    mail::Wake,
    models::accounts::PasswordResetRequest,
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
    token::Token,
};

const MESSAGE: &str = "If you are registered, you will receive an email with instructions.";

pub(crate) struct RequestPasswordReset {
    database: Database,
    limit: RateLimit,
    cap: MailCap,
    lifetime: TimeDelta,
    wake: Wake,
}

impl Endpoint for RequestPasswordReset {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let limit = RateLimit::for_mail("password_reset")?;
        let cap = MailCap::read()?;
        let lifetime = reset_lifetime()?;
        let wake = Wake::start();
        Ok(Self { database: Database::start(&Secrets::default()).await?, limit, cap, lifetime, wake })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Body(PasswordResetRequest { email }) = request.read()?;
        let attempt = self.limit.attempt(request, email.as_str());
        let cap = self.cap.buckets(email.as_str());
        let token = Token::generate().map_err(Error::internal)?;
        let mut connection = self.database.connection().await?;
        let outcome = sqlx::query!(
            r#"
            WITH attempt AS MATERIALIZED (
                SELECT rate_limit_take($1, $2, $3) AS wait
            ), account AS MATERIALIZED (
                SELECT id, is_active AS gets_mail FROM users WHERE email = $4
            ), cap AS MATERIALIZED (
                SELECT id, gets_mail,
                       rate_limit_take(CASE WHEN gets_mail THEN $5 ELSE $6::bytea[] END, $7, $8) AS wait
                FROM attempt LEFT JOIN account ON true WHERE attempt.wait = 0
            ), mailed AS MATERIALIZED (
                SELECT id FROM cap WHERE gets_mail AND wait = 0
            ), replaced AS (
                INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
                SELECT $9, $10, id FROM mailed
                ON CONFLICT (user_id) DO UPDATE
                SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
            ), mail AS (
                INSERT INTO mail_outbox (kind, user_id, token) SELECT 'password_reset', id, $11 FROM mailed
            ), decoy AS (
                -- Takes as long as a token and a mail, where there is neither.
                INSERT INTO attempt_buckets (bucket, full_at)
                SELECT unnest($12::bytea[]), now() FROM attempt WHERE wait = 0 AND NOT EXISTS (SELECT FROM mailed)
                ON CONFLICT (bucket) DO UPDATE SET full_at = now()
            )
            SELECT wait AS "wait!", id AS "user_id?" FROM attempt LEFT JOIN account ON true
            "#,
            &attempt.buckets as &[Name],
            &attempt.capacities,
            attempt.period,
            email.as_str(),
            &cap.mail as &[Name],
            &cap.decoy as &[Name],
            &cap.capacities,
            cap.period,
            token.digest(),
            Utc::now() + self.lifetime,
            token.expose(),
            &attempt.decoys[..] as &[Name],
        )
        .fetch_one(&mut *connection)
        .await?;
        connection.release();

        outcome.user_id.inspect(|id| request.identify(*id));
        check(outcome.wait)?;
        self.wake.send_mail().await;
        json(StatusCode::OK, &json!({ "message": MESSAGE }))
    }
}

impl Documented for RequestPasswordReset {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/accounts/password-reset/request/", "requestPasswordReset")
            .summary(
                "Mail a token for a new password",
                "It replaces the one before. Every address gets the same answer, whether or not \
                 it has an account.",
            )
            .request::<Body<PasswordResetRequest>>(json!({"email": "reader@example.com"}))
            .responds_with_sentence(200, "message", MESSAGE)
            .rate_limited()
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<RequestPasswordReset>().await
}
