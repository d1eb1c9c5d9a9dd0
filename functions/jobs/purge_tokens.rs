//! Deletes what is left over: expired tokens, accounts that were not activated in `UNVERIFIED_DAYS` and have no activation
//! token, mail that was sent or given up a week ago, full buckets of rate limits, clients unused for 90 days,
//! events that are `AUDIT_DAYS` old, and pictures that no profile names. Events of deleted users lose their user agents.
//!
//! A schedule invokes it every night, with any event. The result counts the deleted rows and pictures:
//! `{"unverified_users":0,"event_clients":0,"activation_tokens":0,"password_reset_tokens":0,"email_change_tokens":0,
//! "refresh_tokens":0,"mails":0,"attempt_buckets":0,"known_clients":0,"events":0,"pictures":0,"complete":true}`.
//! `complete` is false if time ran out; the next run goes on.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use shared::{
    Job, JobError,
    config::{self, ConfigError},
    database::Database,
    json::Json,
    logging::error_chain,
    profiles::Pictures,
    secrets::Secrets,
};
use sqlx::PgConnection;

/// How many rows one transaction deletes at most, so that it holds no lock for long.
const BATCH: u64 = 1000;

/// The time until the function's timeout that starting another round requires.
const ROUND_TIME: Duration = Duration::from_secs(10);

#[derive(Clone, Copy)]
enum PurgeTarget {
    /// Goes first, so that the tokens of these accounts are not purged by themselves.
    UnverifiedUsers,
    /// The user agents in events of deleted users, from requests that were answered during the deletion.
    EventClients,
    ActivationTokens,
    PasswordResetTokens,
    EmailChangeTokens,
    RefreshTokens,
    Mails,
    AttemptBuckets,
    KnownClients,
    Events,
}

/// The ages at which rows are deleted, in days.
#[derive(Clone, Copy)]
struct Ages {
    /// Of accounts that were never activated; 0 keeps them.
    unverified_days: i32,
    /// Of events.
    audit_days: i32,
}

impl PurgeTarget {
    const ALL: [(Self, &str); 10] = [
        (Self::UnverifiedUsers, "unverified_users"),
        (Self::EventClients, "event_clients"),
        (Self::ActivationTokens, "activation_tokens"),
        (Self::PasswordResetTokens, "password_reset_tokens"),
        (Self::EmailChangeTokens, "email_change_tokens"),
        (Self::RefreshTokens, "refresh_tokens"),
        (Self::Mails, "mails"),
        (Self::AttemptBuckets, "attempt_buckets"),
        (Self::KnownClients, "known_clients"),
        (Self::Events, "events"),
    ];

    /// Deletes one batch, skipping rows that another transaction locks. Returns how many rows it deleted.
    async fn delete(self, connection: &mut PgConnection, ages: Ages) -> sqlx::Result<u64> {
        let limit = BATCH as i64;
        let statement = match self {
            // A disabled account stays, so that another registration does not undo that, and so does one whose owner
            // was just mailed a link.
            Self::UnverifiedUsers => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM users
                    WHERE NOT is_active AND disabled_at IS NULL AND $2 > 0
                        AND created_at < now() - make_interval(days => $2)
                        AND NOT EXISTS (SELECT FROM activation_tokens WHERE user_id = users.id AND expires_at > now())
                    ORDER BY created_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
                ) SELECT delete_user(id) FROM over",
                limit,
                ages.unverified_days
            ),
            Self::EventClients => {
                let erased = sqlx::query_scalar!(r#"SELECT forget_deleted_clients($1) AS "erased!""#, limit);
                return Ok(erased.fetch_one(connection).await?.unsigned_abs());
            }
            Self::ActivationTokens => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM activation_tokens WHERE expires_at <= now()
                    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM activation_tokens USING over WHERE activation_tokens.id = over.id",
                limit
            ),
            Self::PasswordResetTokens => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM password_reset_tokens WHERE expires_at <= now()
                    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM password_reset_tokens USING over WHERE password_reset_tokens.id = over.id",
                limit
            ),
            Self::EmailChangeTokens => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM email_change_tokens WHERE expires_at <= now()
                    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM email_change_tokens USING over WHERE email_change_tokens.id = over.id",
                limit
            ),
            Self::RefreshTokens => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM refresh_tokens WHERE expires_at <= now()
                    ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM refresh_tokens USING over WHERE refresh_tokens.id = over.id",
                limit
            ),
            Self::Mails => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM mail_outbox
                    WHERE coalesce(sent_at, given_up_at) < now() - interval '7 days'
                        AND (sent_at IS NOT NULL OR given_up_at IS NOT NULL)
                    ORDER BY coalesce(sent_at, given_up_at) LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM mail_outbox USING over WHERE mail_outbox.id = over.id",
                limit
            ),
            Self::AttemptBuckets => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT bucket FROM attempt_buckets WHERE full_at <= now()
                    ORDER BY full_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM attempt_buckets USING over WHERE attempt_buckets.bucket = over.bucket",
                limit
            ),
            Self::KnownClients => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT client FROM known_clients WHERE used_at < now() - interval '90 days'
                    ORDER BY used_at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM known_clients USING over WHERE known_clients.client = over.client",
                limit
            ),
            Self::Events => sqlx::query!(
                "WITH over AS MATERIALIZED (
                    SELECT id FROM events WHERE at < now() - make_interval(days => $2)
                    ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED
                ) DELETE FROM events WHERE id = ANY (ARRAY(SELECT id FROM over))",
                limit,
                ages.audit_days,
            ),
        };
        Ok(statement.execute(connection).await?.rows_affected())
    }
}

struct PurgeTokens {
    database: Database,
    ages: Ages,
    pictures: Pictures,
}

impl Job for PurgeTokens {
    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let unverified_days = config::parsed("UNVERIFIED_DAYS", 30)?;
        if !(0..=3650).contains(&unverified_days) {
            return Err(ConfigError::new("UNVERIFIED_DAYS", "must be from 0 to 3650"));
        }
        let audit_days = config::parsed("AUDIT_DAYS", 365)?;
        if !(1..=3650).contains(&audit_days) {
            return Err(ConfigError::new("AUDIT_DAYS", "must be from 1 to 3650"));
        }
        let ages = Ages { unverified_days, audit_days };
        let pictures = Pictures::start()?;
        Ok(Self { database: Database::start(secrets).await?, ages, pictures })
    }

    async fn run(&self, _: Json<'_>, deadline: SystemTime) -> Result<Value, JobError> {
        let purge = async |connection: &mut PgConnection| purge(connection, self.ages, deadline).await;
        let purged = self.database.write(purge).await?;
        let mut answer = json!({});
        for ((_, name), rows) in PurgeTarget::ALL.iter().zip(purged.rows) {
            answer[name] = rows.into();
        }
        let sweep = async |connection: &mut PgConnection| {
            Ok(self.pictures.sweep(connection, || has_time(deadline)).await)
        };
        let swept = self.database.write(sweep).await?.map_err(|error| {
            tracing::error!(error = error_chain(&*error), "the pictures cannot be swept");
            JobError::Failed("The pictures cannot be swept; the log says why. The rows are deleted.".into())
        })?;
        answer["pictures"] = swept.deleted.into();
        answer["complete"] = (purged.is_complete && swept.is_complete).into();
        match purged.failed[..] {
            [] => Ok(answer),
            ref failed => {
                let failed = failed.join(", ");
                Err(JobError::Failed(format!("Not purged: {failed}; the log says why. All else is.")))
            }
        }
    }
}

/// What a run deleted.
struct Purged {
    /// The number of rows of each kind, in the order of [`PurgeTarget::ALL`].
    rows: Vec<u64>,
    /// The names of the kinds whose statement failed.
    failed: Vec<&'static str>,
    /// Whether nothing is left.
    is_complete: bool,
}

/// Deletes a batch of each kind in turn, so that no kind has to wait for a large other one, or for one whose statement
/// fails. Fails if the connection is lost.
async fn purge(connection: &mut PgConnection, ages: Ages, deadline: SystemTime) -> sqlx::Result<Purged> {
    let (mut rows, mut failed) = (vec![0; PurgeTarget::ALL.len()], Vec::new());
    let mut left = Vec::from_iter(0..rows.len());
    while !left.is_empty() && has_time(deadline) {
        let mut more = Vec::new();
        for index in left {
            let (target, name) = PurgeTarget::ALL[index];
            let batch = match target.delete(connection, ages).await {
                Err(sqlx::Error::Database(error)) => {
                    tracing::error!(kind = name, error = error_chain(&*error), "rows cannot be purged");
                    failed.push(name);
                    continue;
                }
                outcome => outcome?,
            };
            rows[index] += batch;
            if batch == BATCH {
                more.push(index);
            }
        }
        left = more;
    }
    Ok(Purged { rows, is_complete: left.is_empty() && failed.is_empty(), failed })
}

fn has_time(deadline: SystemTime) -> bool {
    deadline.duration_since(SystemTime::now()).is_ok_and(|left| left > ROUND_TIME)
}

fn main() -> Result<(), lambda_runtime::Error> {
    shared::serve_job::<PurgeTokens>()
}
