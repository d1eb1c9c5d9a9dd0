//! `POST /api/v1/accounts/activate/resend/`: a new activation token, for an account that is not active yet.
//!
//! Every address gets the same answer for the same work, so that nobody learns who has an account.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::{
        ACTIVATION_LIFETIME, Token,
        attempts::{Limits, granted},
    },
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    input::{self, EmailAddress},
    mail::Wake,
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};
use time::OffsetDateTime;

const MESSAGE: &str =
    "If you are registered and not yet active, you will receive an email with instructions.";

input::input! {
    struct Input {
        body email: EmailAddress,
    }
}

pub(crate) struct ResendActivation {
    database: Database,
    limits: Limits,
    wake: Wake,
}

impl Endpoint for ResendActivation {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        let limits = Limits::for_mail("resend")?;
        let wake = Wake::start();
        Ok(Self { database: Database::start(&Secrets::default()).await?, limits, wake })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { email } = Input::read(request)?;
        let attempt = self.limits.attempt(request, email.as_str());
        let token = Token::generate()?;
        let mut connection = self.database.connection().await?;
        let wait = sqlx::query_scalar!(
            r#"
            WITH attempt AS MATERIALIZED (
                SELECT take_attempt($1, $2, $3, $4) AS wait
            ), account AS (
                SELECT id FROM users, attempt WHERE email = $5 AND NOT is_active AND wait = 0
            ), replaced AS (
                INSERT INTO activation_tokens (token_hash, expires_at, user_id)
                SELECT $6, $7, id FROM account
                ON CONFLICT (user_id) DO UPDATE
                SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
            ), mail AS (
                INSERT INTO mail_outbox (kind, user_id, token) SELECT 'activation', id, $8 FROM account
            ), nobody AS MATERIALIZED (
                -- Takes as long as an account's token and mail, and leaves the bucket as it was.
                SELECT give_back_attempt(($1)[1:1], $3, $4), take_attempt(($1)[1:1], $2, $3, $4)
                FROM attempt WHERE wait = 0 AND NOT EXISTS (SELECT FROM account)
            )
            SELECT wait AS "wait!" FROM attempt LEFT JOIN nobody ON true
            "#,
            &attempt.buckets,
            &attempt.addresses as &[Option<Vec<u8>>],
            &attempt.capacities,
            attempt.period,
            email.as_str(),
            token.digest(),
            OffsetDateTime::now_utc() + ACTIVATION_LIFETIME,
            token.expose(),
        )
        .fetch_one(&mut *connection)
        .await?;
        connection.release();

        granted(wait)?;
        self.wake.send_mail().await;
        json(StatusCode::OK, &json!({ "message": MESSAGE }))
    }
}

impl Documented for ResendActivation {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/accounts/activate/resend/", "resendActivation")
            .says(
                "Mail a new activation token",
                "It replaces the one before. Every address gets the same answer, whether or not \
                 it has an account.",
            )
            .takes_body::<Input>("ActivationResend", json!({"email": "reader@example.com"}))
            .answers_sentence(200, "message", MESSAGE)
            .limits_attempts()
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<ResendActivation>().await
}
