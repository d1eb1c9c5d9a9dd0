//! Addresses that take no mail any more, as hashes: `email_hash` is SHA-256 of the address in lower case.

use sqlx::PgConnection;

use crate::{
    models::EmailAddress,
    validation::{Field, enumeration},
};

enumeration! {
    /// Why an address takes no mail any more.
    pub enum Suppression {
        /// Its server refused a mail for good.
        Bounce = "bounce",
        /// Its reader called a mail spam.
        Complaint = "complaint",
    }
}

/// Ends mail to `addresses`. Returns how many of them took mail until now. An address is stored as `users` has it
/// where it can be one of theirs: SES reports domains as Punycode.
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

/// Lets mail go to the address again. Returns why it was suppressed, `None` where it was not.
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
