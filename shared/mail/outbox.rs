//! The mail outbox in the database: claiming mails and recording their outcomes.

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use sqlx::PgConnection;

use crate::validation::enumeration;

enumeration! {
    /// The kind of a mail.
    pub enum MailKind {
        /// Confirms a registration and contains the activation token.
        Activation = "activation",
        /// Contains a new activation token, for an activation with another password.
        ActivationResend = "activation_resend",
        /// Contains the password reset token.
        PasswordReset = "password_reset",
        /// Notifies the user of a changed password.
        PasswordChanged = "password_changed",
        /// Contains the token that confirms a new address, to which it goes.
        EmailChange = "email_change",
        /// Notifies the user, at the present address, that another one is requested.
        EmailChangeRequested = "email_change_requested",
        /// Notifies the user of the deletion of the account, at the address that it had.
        AccountDeleted = "account_deleted",
    }
}

/// A claimed mail. No other run claims it before its next attempt is due, a minute from now or later.
pub struct Mail {
    /// The id of its row, which may be logged.
    pub id: i64,
    /// The kind of mail.
    pub kind: MailKind,
    /// The recipient: the address that was stored with the mail, or the user's current one.
    pub email: String,
    /// The token in the mail.
    pub token: Option<SecretString>,
    /// When the mail was stored.
    pub created_at: DateTime<Utc>,
    /// When its token expires. `None` if it has no token, or if the token is used, replaced or expired.
    pub expires_at: Option<DateTime<Utc>>,
    /// How often it was claimed, including this time.
    pub attempts: i32,
    /// Whether it has waited for more than a day. After that it is given up.
    pub is_old: bool,
    /// Whether mail to the address is suppressed.
    pub is_suppressed: bool,
}

impl Mail {
    /// Returns whether the mail is useless by now: its token is used, replaced or expired.
    pub fn is_outdated(&self) -> bool {
        let is_notice = matches!(
            self.kind,
            MailKind::PasswordChanged | MailKind::EmailChangeRequested | MailKind::AccountDeleted
        );
        !is_notice && self.expires_at.is_none()
    }
}

/// The final outcome of a mail.
#[derive(Clone, Copy)]
pub enum MailOutcome {
    /// A server has accepted it.
    Sent,
    /// It will not be tried again.
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
        /// An earlier mail to the address bounced permanently, or the recipient complained.
        Suppressed = "suppressed",
    }
}

/// The mails that are neither sent nor given up.
pub struct Backlog {
    /// The number of mails.
    pub mails: i64,
    /// How long the oldest has waited, in seconds; 0 if there is none.
    pub oldest_seconds: f64,
}

/// Claims up to `limit` mails that are due. Those with the fewest attempts come first, so that mails that
/// keep failing never delay new ones, and among them those due the longest.
///
/// The claim is a lease: it sets the next attempt to 1, 2, 4 … 60 minutes from now before this attempt is
/// made. If a run crashes, a later run claims its mails again, and two concurrent runs never claim the same
/// mail.
pub async fn claim(connection: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Mail>> {
    let claimed = sqlx::query!(
        r#"WITH due AS MATERIALIZED (
            SELECT id, user_id FROM mail_outbox
            WHERE sent_at IS NULL AND given_up_at IS NULL AND next_attempt_at <= now()
            ORDER BY attempts, next_attempt_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
        )
        UPDATE mail_outbox AS mail
        SET attempts = attempts + 1, next_attempt_at = now() + interval '1 minute' * least(2 ^ attempts, 60)
        FROM due LEFT JOIN users ON users.id = due.user_id WHERE mail.id = due.id
        RETURNING mail.id, mail.kind::text AS "kind!: MailKind", mail.token,
            coalesce(mail.recipient, users.email) AS "email!", mail.created_at, mail.attempts,
            mail.created_at < now() - interval '1 day' AS "is_old!",
            EXISTS (
                SELECT FROM mail_suppressions
                WHERE email_hash = sha256(convert_to(lower(coalesce(mail.recipient, users.email)), 'UTF8'))
            ) AS "is_suppressed!",
            CASE WHEN mail.kind IN ('activation', 'activation_resend') THEN (
                SELECT expires_at FROM activation_tokens
                WHERE user_id = mail.user_id AND token_hash = sha256(convert_to(mail.token, 'UTF8'))
                    AND expires_at > now()
            )
            WHEN mail.kind = 'password_reset' THEN (
                SELECT expires_at FROM password_reset_tokens
                WHERE user_id = mail.user_id AND token_hash = sha256(convert_to(mail.token, 'UTF8'))
                    AND expires_at > now()
            )
            WHEN mail.kind = 'email_change' THEN (
                SELECT expires_at FROM email_change_tokens
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

/// Records the outcome of the mail `id` and deletes its token and the address that was stored with it. Does nothing if the
/// mail already has an outcome.
pub async fn finish(connection: &mut PgConnection, id: i64, end: MailOutcome) -> sqlx::Result<()> {
    let reason = match end {
        MailOutcome::Sent => None,
        MailOutcome::GivenUp(reason) => Some(reason),
    };
    sqlx::query!(
        "UPDATE mail_outbox SET token = NULL, recipient = NULL, given_up_reason = $2::text::mail_given_up_reason,
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

/// Counts the mails that wait.
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
