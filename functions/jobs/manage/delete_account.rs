//! Deletes an account, for its owner or for a test that created it.

use serde_json::{Value, json};
use shared::{JobError, accounts::rate_limit, models::EmailAddress};
use sqlx::PgConnection;

/// Deletes the user with this address, and all that belongs to the account, as its owner can. Returns the user's id, or
/// null if no account has the address.
pub async fn delete_account(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    let [own, about] = rate_limit::failed_logins(email.as_str());
    let user_id = sqlx::query_scalar!(
        r#"
        WITH account AS MATERIALIZED (
            SELECT id FROM users WHERE email = $1
        ), deletion AS MATERIALIZED (
            SELECT id, delete_user(id), rate_limit_forget($2, $3) FROM account
        )
        SELECT id FROM deletion
        "#,
        email.as_str(),
        &own[..],
        &about[..],
    )
    .fetch_optional(connection)
    .await?;
    Ok(json!({ "command": "delete-account", "user_id": user_id }))
}
