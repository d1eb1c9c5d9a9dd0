//! Allows mail to a suppressed address again.

use serde_json::{Value, json};
use shared::{JobError, mail::suppression::lift, models::EmailAddress};
use sqlx::PgConnection;

/// Lifts the suppression of this address. Returns its reason, `bounce` or `complaint`, or null if there was none.
pub async fn allow_mail(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    Ok(json!({ "command": "allow-mail", "suppressed_for": lift(connection, email).await? }))
}
