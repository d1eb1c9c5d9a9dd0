//! Mails tokens on request: a new activation token, or a password reset token.
//!
//! Every address causes the same response and the same work, so that a response does not reveal who has an
//! account.

use chrono::{TimeDelta, Utc};
use sqlx::{PgConnection, postgres::types::PgInterval};

use super::rate_limit::{HashedKey, MailCap, RateLimit, check};
use crate::{
    config::ConfigError,
    database::Database,
    http::{Error, Request},
    mail::{MailKind, Wake},
    models::EmailAddress,
    secrets::Secrets,
    token::Token,
};

/// Mails tokens for one purpose.
pub struct TokenMail {
    purpose: Purpose,
    lifetime: TimeDelta,
    database: Database,
    limit: RateLimit,
    cap: MailCap,
    wake: Wake,
}

/// What a token is for.
#[derive(Clone, Copy, PartialEq)]
pub enum Purpose {
    /// Activates an account that is not active yet.
    Activation,
    /// Sets a new password for an active account.
    PasswordReset,
}

impl Purpose {
    /// Returns the kind of mail that contains the token.
    fn mail(self) -> MailKind {
        match self {
            Self::Activation => MailKind::ActivationResend,
            Self::PasswordReset => MailKind::PasswordReset,
        }
    }
}

impl TokenMail {
    /// Reads the settings for tokens that are valid for `lifetime`. `action` names the rate limit, see
    /// [`RateLimit::for_mail`] and [`MailCap::read`]. Fails if one of their settings or of those of
    /// [`Database::start`] is invalid.
    pub async fn start(
        secrets: &Secrets,
        action: &'static str,
        purpose: Purpose,
        lifetime: TimeDelta,
    ) -> Result<Self, ConfigError> {
        let (limit, cap, wake) = (RateLimit::for_mail(action)?, MailCap::read()?, Wake::start());
        Ok(Self { purpose, lifetime, database: Database::start(secrets).await?, limit, cap, wake })
    }

    /// Mails a new token to `email` if an account with this address may have one. The token replaces the
    /// previous one. One round trip.
    ///
    /// Fails with 429 beyond the rate limit. Mails beyond the cap of the address are dropped without an
    /// error.
    pub async fn send(&self, request: &Request, email: &EmailAddress) -> Result<(), Error> {
        let attempt = self.limit.attempt(request, email.as_str());
        let cap = self.cap.buckets(email.as_str());
        let token = Token::generate().map_err(Error::internal)?;
        let send = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                WITH attempt AS MATERIALIZED (
                    SELECT rate_limit_take($1, $2, $3) AS wait
                ), account AS MATERIALIZED (
                    SELECT id, is_active = $4 AND disabled_at IS NULL AS gets_mail FROM users WHERE email = $5
                ), cap AS MATERIALIZED (
                    SELECT id, gets_mail,
                           rate_limit_take(CASE WHEN gets_mail THEN $6 ELSE $7::bytea[] END, $8, $9) AS wait
                    FROM attempt LEFT JOIN account ON true WHERE attempt.wait = 0
                ), mailed AS MATERIALIZED (
                    SELECT id FROM cap WHERE gets_mail AND wait = 0
                ), activation AS (
                    INSERT INTO activation_tokens (token_hash, expires_at, user_id)
                    SELECT $10, $11, id FROM mailed WHERE $12::text = 'activation_resend'
                    ON CONFLICT (user_id) DO UPDATE
                    SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
                ), password_reset AS (
                    INSERT INTO password_reset_tokens (token_hash, expires_at, user_id)
                    SELECT $10, $11, id FROM mailed WHERE $12::text = 'password_reset'
                    ON CONFLICT (user_id) DO UPDATE
                    SET token_hash = excluded.token_hash, expires_at = excluded.expires_at
                ), mail AS (
                    INSERT INTO mail_outbox (kind, user_id, token) SELECT $12::text::mail_kind, id, $13 FROM mailed
                ), decoy AS (
                    -- Takes as long as a token and a mail, where there is neither.
                    INSERT INTO attempt_buckets (bucket, full_at)
                    SELECT unnest($14::bytea[]), now() FROM attempt
                    WHERE wait = 0 AND NOT EXISTS (SELECT FROM mailed)
                    ON CONFLICT (bucket) DO UPDATE SET full_at = now()
                )
                SELECT wait AS "wait!", id AS "user_id?" FROM attempt LEFT JOIN account ON true
                "#,
                &attempt.buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period.clone() as PgInterval,
                self.purpose == Purpose::PasswordReset,
                email.as_str(),
                &cap.mail as &[HashedKey],
                &cap.decoy as &[HashedKey],
                &cap.capacities,
                cap.period.clone() as PgInterval,
                token.digest(),
                Utc::now() + self.lifetime,
                self.purpose.mail().name(),
                token.expose(),
                &[attempt.token_decoy, attempt.mail_decoy] as &[HashedKey],
            )
            .fetch_one(connection)
            .await
        };
        let outcome = match self.database.write(send).await {
            // The account was deleted in the meantime.
            Err(sqlx::Error::Database(error)) if error.is_foreign_key_violation() => {
                self.database.write(send).await?
            }
            outcome => outcome?,
        };

        outcome.user_id.inspect(|id| request.set_user_id(*id));
        check(outcome.wait)?;
        self.wake.send_mail().await;
        Ok(())
    }
}
