//! Mail that waits in the database, from the claim to its end.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sqlx::PgConnection;

use crate::validation::enumeration;

enumeration! {
    /// What a mail is about.
    pub enum MailKind {
        /// A new account, with the token that activates it.
        Activation = "activation",
        /// A forgotten password, with the token that resets it.
        PasswordReset = "password_reset",
        /// The notice that a password was changed.
        PasswordChanged = "password_changed",
    }
}

/// A mail that is claimed: nobody else sends it before its next attempt is due, a minute from now or more.
pub struct Mail {
    /// Its row, which the log may name.
    pub id: i64,
    /// What it is about.
    pub kind: MailKind,
    /// The user's address as of now.
    pub email: String,
    /// The token that the letter carries.
    pub token: Option<SecretString>,
    /// When its reason was committed.
    pub created_at: DateTime<Utc>,
    /// When its token expires; `None` when it has none, or one that opens nothing any more.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it was claimed, this time included.
    pub attempts: i32,
    /// Whether it has waited for more than a day, after which it is given up.
    pub is_old: bool,
    /// Whether the address takes no mail any more.
    pub is_suppressed: bool,
}

impl Mail {
    /// Whether it would tell its reader something that is not true any more: its token is used, replaced or
    /// expired.
    pub fn is_outdated(&self) -> bool {
        self.kind != MailKind::PasswordChanged && self.expires_at.is_none()
    }
}

/// How a mail ends.
#[derive(Clone, Copy)]
pub enum MailOutcome {
    /// A server has taken it.
    Sent,
    /// There is no other attempt.
    GivenUp(GivenUpReason),
}

enumeration! {
    /// Why a mail is given up.
    pub enum GivenUpReason {
        /// Its token is used, replaced or expired.
        Outdated = "outdated",
        /// It was tried for a day.
        TooOld = "too_old",
        /// No attempt can reach the recipient.
        Undeliverable = "undeliverable",
        /// Mail to the address bounced for good before, or its reader complained.
        Suppressed = "suppressed",
    }
}

/// What is neither sent nor given up.
pub struct Backlog {
    /// The number of mails.
    pub mails: i64,
    /// How long the oldest has waited, in seconds; 0 when there is none.
    pub oldest_seconds: f64,
}

/// Claims up to `limit` mails that are due: those with the fewest attempts first, so that no number of mails that
/// fail again and again keeps a new one waiting, and among them the longest due.
///
/// The claim is a lease: the next attempt is set before this one is made, after 1, 2, 4 … 60 minutes. Whoever
/// crashes with a mail leaves it to a later run, and two runs at once never hold the same one.
pub async fn claim(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Mail>> {
    let claimed = sqlx::query!(
        r#"WITH due AS MATERIALIZED (
            SELECT id FROM mail_outbox
            WHERE sent_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= now()
            ORDER BY attempts, next_attempt_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE mail_outbox AS mail
        SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute' * least(2 ^ attempts, 60)
        FROM due, users WHERE mail.id = due.id AND users.id = mail.user_id
        RETURNING mail.id, mail.kind::text AS "kind!: MailKind", mail.token, users.email, mail.created_at, mail.attempts,
            mail.created_at < now() - interval '1 day' AS "is_old!",
            EXISTS (
                SELECT FROM mail_suppressions WHERE email_hash = sha256(convert_to(lower(users.email), 'UTF8'))
            ) AS "is_suppressed!",
            CASE mail.kind
            WHEN 'activation' THEN (
                SELECT expires_at FROM activation_tokens
                WHERE user_id = mail.user_id AND token_hash = sha256(convert_to(mail.token, 'UTF8'))
                    AND expires_at > now()
            )
            WHEN 'password_reset' THEN (
                SELECT expires_at FROM password_reset_tokens
                WHERE user_id = mail.user_id AND token_hash = sha256(convert_to(mail.token, 'UTF8'))
                    AND expires_at > now()
            )
            END AS expires_at"#,
        limit
    )
    .map(|mail| Mail {
        id: mail.id,
        kind: mail.kind,
        email: mail.email,
        token: mail.token.map(SecretString::from),
        created_at: mail.created_at,
        expires_at: mail.expires_at,
        attempts: mail.attempts,
        is_old: mail.is_old,
        is_suppressed: mail.is_suppressed,
    });
    claimed.fetch_all(connection).await
}

/// Marks the mail `id` as ended and wipes its token. One that has ended already stays as it is.
pub async fn finish(connection: &mut PgConnection, id: i64, end: MailOutcome) -> sqlx::Result<()> {
    let reason = match end {
        MailOutcome::Sent => None,
        MailOutcome::GivenUp(reason) => Some(reason),
    };
    sqlx::query!(
        "UPDATE mail_outbox SET token = NULL, given_up_reason = $2::text::mail_given_up_reason,
            sent_at = CASE WHEN $2::text IS NULL THEN now() END,
            given_up_at = CASE WHEN $2::text IS NOT NULL THEN now() END
        WHERE id = $1 AND sent_at IS NULL AND given_up_at IS NULL",
        id,
        reason.map(GivenUpReason::name)
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Counts what waits.
pub async fn backlog(connection: &mut PgConnection) -> sqlx::Result<Backlog> {
    sqlx::query_as!(
        Backlog,
        r#"SELECT count(*) AS "mails!",
            coalesce(extract(epoch FROM now() - min(created_at))::float8, 0) AS "oldest_seconds!"
        FROM mail_outbox WHERE sent_at IS NULL AND given_up_at IS NULL"#
    )
    .fetch_one(connection)
    .await
}
