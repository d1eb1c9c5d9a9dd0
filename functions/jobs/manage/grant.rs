//! Puts users into groups, which decide what they may do.

use serde_json::{Value, json};
use shared::{
    JobError,
    models::{EmailAddress, Group},
};
use sqlx::PgConnection;

/// Puts the user with this address into the group, effective from the next request. Returns the user's id. Fails if no
/// account has the address.
pub async fn grant(
    connection: &mut PgConnection,
    email: &EmailAddress,
    group: Group,
) -> Result<Value, JobError> {
    let user_id = sqlx::query_scalar!(
        "UPDATE users SET group_id = (SELECT id FROM user_groups WHERE name = $2::text::user_group)
         WHERE email = $1 RETURNING id",
        email.as_str(),
        group.name(),
    )
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| JobError::Failed("No account has this address.".into()))?;
    Ok(json!({ "command": "grant", "user_id": user_id, "group": group.name() }))
}
