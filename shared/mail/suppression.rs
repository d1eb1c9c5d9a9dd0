//! Suppressed addresses, which get no more mail, stored as hashes: `email_hash` is the SHA-256 of the
//! lower-case address.

use sqlx::PgConnection;

use crate::{
    models::EmailAddress,
    validation::{Field, enumeration},
};

enumeration! {
    /// Why an address is suppressed.
    pub enum Suppression {
        /// A mail bounced permanently.
        Bounce = "bounce",
        /// The recipient marked a mail as spam.
        Complaint = "complaint",
    }
}

/// Suppresses `addresses`, and returns how many were not suppressed before. Normalizes each address as in
/// `users` if it is valid, because SES reports domains as Punycode.
pub async fn suppress(
    connection: &mut PgConnection,
    addresses: &[&str],
    reason: Suppression,
) -> sqlx::Result<u64> {
    let addresses: Vec<String> = addresses
        .iter()
        .map(|&address| {
            EmailAddress::read(&address.into())
                .map_or_else(|_| address.to_owned(), |address| address.as_str().to_owned())
        })
        .collect();
    let suppressed = sqlx::query!(
        "INSERT INTO mail_suppressions (email_hash, reason)
         SELECT DISTINCT sha256(convert_to(lower(address), 'UTF8')), $2::text::mail_suppression_reason
         FROM unnest($1::text[]) AS address
         ON CONFLICT DO NOTHING",
        &addresses,
        reason.name()
    );
    Ok(suppressed.execute(connection).await?.rows_affected())
}

/// Lifts the suppression of the address. Returns why it was suppressed, or `None` if it was not.
pub async fn lift(
    connection: &mut PgConnection,
    address: &EmailAddress,
) -> sqlx::Result<Option<Suppression>> {
    sqlx::query_scalar!(
        r#"DELETE FROM mail_suppressions WHERE email_hash = sha256(convert_to(lower($1), 'UTF8'))
           RETURNING reason::text AS "reason!: Suppression""#,
        address.as_str()
    )
    .fetch_optional(connection)
    .await
}
