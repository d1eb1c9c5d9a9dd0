//! Lets mail go to an address again from which it bounced, or whose reader complained.

use serde_json::{Value, json};
use shared::{JobError, mail::suppression::lift, models::EmailAddress};
use sqlx::PgConnection;

/// Lifts the suppression of this address. Returns why it took no mail: `bounce`, `complaint`, or null where it did.
pub async fn allow_mail(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    Ok(json!({ "command": "allow-mail", "suppressed_for": lift(connection, email).await? }))
}
