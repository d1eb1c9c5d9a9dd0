//! `POST /api/v1/accounts/reset-password/complete/`: a new password, for whoever has the token from the mail.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::{
        Secret, attempts,
        password::{Hasher, NewPassword},
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
use sqlx::{Connection, PgConnection};

input::input! {
    struct Input {
        body email: EmailAddress,
        body password: NewPassword,
        body token: Secret,
    }
}

pub(crate) struct CompletePasswordReset {
    database: Database,
    hasher: Hasher,
    wake: Wake,
}

impl Endpoint for CompletePasswordReset {
    const METHODS: Methods = Methods::only(&[Method::POST]);
    const FAILURE: &'static str = "An error occurred while resetting the password.";

    async fn start() -> Result<Self, ConfigError> {
        let wake = Wake::start();
        let database = Database::start(&Secrets::default()).await?;
        Ok(Self { database, hasher: Hasher::default(), wake })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { email, password, token } = Input::read(request)?;
        let refused = || Error::bad_request("Invalid email or token.");
        let token_hash = token.digest();
        let mut connection = self.database.connection().await?;

        let user_id = sqlx::query_scalar!(
            r#"
            WITH stored AS (
                SELECT user_id, token_hash = $2 AND expires_at > now() AS is_right
                FROM password_reset_tokens JOIN users ON users.id = user_id
                WHERE email = $1 AND is_active
            ), spoilt AS (
                DELETE FROM password_reset_tokens USING stored
                WHERE password_reset_tokens.user_id = stored.user_id AND NOT stored.is_right
            )
            SELECT user_id FROM stored WHERE is_right
            "#,
            email.as_str(),
            token_hash,
        )
        .fetch_optional(&mut *connection)
        .await?;
        connection.release();
        let user_id = user_id.ok_or_else(refused)?;

        let hash = self.hasher.hash(&password).await?;
        let mut connection = self.database.connection().await?;
        let changed = change_password(&mut connection, user_id, &token_hash, &hash, email.as_str()).await?;
        connection.release();
        if !changed {
            return Err(refused());
        }

        self.wake.send_mail().await;
        json(StatusCode::OK, &json!({ "message": "Password reset successfully." }))
    }
}

/// Replaces the hash, spends the token, ends every session and empties the buckets of failed logins, all or
/// nothing. Answers whether the token was still there to be spent.
///
/// The user's row is locked by a statement of its own, so that the next one sees the session of a login that
/// went first; a login that comes later finds the hash replaced.
async fn change_password(
    connection: &mut PgConnection,
    user_id: i64,
    token_hash: &[u8],
    hash: &str,
    address: &str,
) -> sqlx::Result<bool> {
    let mut transaction = connection.begin().await?;
    sqlx::query!("SELECT FROM users WHERE id = $1 FOR UPDATE", user_id).execute(&mut *transaction).await?;
    let changed = sqlx::query_scalar!(
        r#"
        WITH spent AS (
            DELETE FROM password_reset_tokens
            WHERE user_id = $1 AND token_hash = $2 AND expires_at > now()
            RETURNING user_id
        ), changed AS (
            UPDATE users SET hashed_password = $3 FROM spent WHERE id = user_id AND is_active RETURNING id
        ), ended AS (
            DELETE FROM refresh_tokens USING changed WHERE user_id = changed.id
        ), mail AS (
            INSERT INTO mail_outbox (kind, user_id) SELECT 'password_changed', id FROM changed
        )
        SELECT id FROM changed
        "#,
        user_id,
        token_hash,
        hash,
    )
    .fetch_optional(&mut *transaction)
    .await?;
    if changed.is_some() {
        attempts::forget(&mut transaction, address).await?;
    }
    transaction.commit().await?;
    Ok(changed.is_some())
}

impl Documented for CompletePasswordReset {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/accounts/reset-password/complete/", "completePasswordReset")
            .says(
                "Set a new password",
                "Needs the mailed token, and ends every session of the account. A wrong token \
                 spoils the right one.",
            )
            .takes_body::<Input>(
                "PasswordReset",
                json!({
                    "email": "reader@example.com", "password": "AnotherPassword456#",
                    "token": "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0",
                }),
            )
            .answers_sentence(200, "message", "Password reset successfully.")
            .refuses(400, "Invalid email or token.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<CompletePasswordReset>().await
}
