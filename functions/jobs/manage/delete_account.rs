//! Deletes an account, for its owner or for a test that created it.

use serde_json::{Value, json};
use shared::{JobError, models::EmailAddress};
use sqlx::PgConnection;

/// Deletes the user with this address, and its profile, tokens, sessions and queued mail. Returns the user's id, or
/// null if no account has the address.
pub async fn delete_account(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    let user_id = sqlx::query_scalar!("DELETE FROM users WHERE email = $1 RETURNING id", email.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(json!({ "command": "delete-account", "user_id": user_id }))
}
