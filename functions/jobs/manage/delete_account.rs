//! Deleting an account, as its owner may ask for, or a test that made it.

use serde_json::{Value, json};
use shared::{JobError, models::EmailAddress};
use sqlx::PgConnection;

/// Deletes the user with this address and all that belongs to the account: profile, tokens, sessions, waiting mail.
/// Returns the user's id, null where no account has the address.
pub async fn delete_account(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    let user_id = sqlx::query_scalar!("DELETE FROM users WHERE email = $1 RETURNING id", email.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(json!({ "command": "delete-account", "user_id": user_id }))
}
