//! `POST /api/v1/accounts/activate/`: proves that the address of an account is its owner's.

use serde_json::json;
use shared::{
    Endpoint, Methods,
    accounts::Secret,
    config::ConfigError,
    database::Database,
    http::{Error, Method, Request, Response, StatusCode, json},
    input::{self, EmailAddress},
    openapi::{Documented, Operation},
    secrets::Secrets,
    serve,
};

input::input! {
    struct Input {
        body email: EmailAddress,
        body token: Secret,
    }
}

pub(crate) struct Activate {
    database: Database,
}

impl Endpoint for Activate {
    const METHODS: Methods = Methods::only(&[Method::POST]);

    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(&Secrets::default()).await? })
    }

    async fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Input { email, token } = Input::read(request)?;
        let mut connection = self.database.connection().await?;
        // The lock lets one of two at once go first; the other then finds the token gone.
        let was_active = sqlx::query_scalar!(
            r#"
            WITH account AS (
                SELECT users.id, users.is_active
                FROM users JOIN activation_tokens ON user_id = users.id
                WHERE email = $1 AND token_hash = $2 AND expires_at > now()
                FOR UPDATE
            ), activated AS (
                UPDATE users SET is_active = true FROM account
                WHERE users.id = account.id AND NOT account.is_active
            ), spent AS (
                DELETE FROM activation_tokens USING account
                WHERE user_id = account.id AND NOT account.is_active
            )
            SELECT is_active FROM account
            "#,
            email.as_str(),
            token.digest(),
        )
        .fetch_optional(&mut *connection)
        .await?;
        connection.release();

        match was_active {
            None => Err(Error::bad_request("Invalid or expired activation token.")),
            Some(true) => Err(Error::bad_request("User account is already active.")),
            Some(false) => {
                json(StatusCode::OK, &json!({ "message": "User account activated successfully." }))
            }
        }
    }
}

impl Documented for Activate {
    fn operations() -> Vec<Operation> {
        Operation::post("/api/v1/accounts/activate/", "activate")
            .says(
                "Activate an account",
                "Proves with the mailed token that the address is its owner's. A token is good \
                 for 24 hours, and once.",
            )
            .takes_body::<Input>(
                "Activation",
                json!({
                    "email": "reader@example.com", "token": "Zm9yLXRlc3RzX29ubHktLS0tLS0tLS0tLS0tLS0tLS0",
                }),
            )
            .answers_sentence(200, "message", "User account activated successfully.")
            .refuses(400, "Invalid or expired activation token.")
            .refuses(400, "User account is already active.")
            .into()
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve::<Activate>().await
}
