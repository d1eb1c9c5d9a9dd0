//! Sends the queued mails: every minute, and when an endpoint that has queued one invokes it.
//!
//! It ignores the event. The result has counts: `{"sent":1,"failed":0,"given_up":0,"waiting":0}`, where `failed` counts
//! attempts, `given_up` includes undeliverable mails, and `waiting` counts the mails that later runs have to send.

use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use shared::{
    Job, JobError,
    config::ConfigError,
    database::Database,
    json::Json,
    logging::error_chain,
    logging::metrics::{Metric, Metrics},
    mail::{
        Cause, Mail, MailTemplates, Mailer, SendError,
        outbox::{self, GivenUpReason, MailOutcome},
    },
    secrets::Secrets,
};
use sqlx::PgConnection;

/// How many mails it sends at the same time.
const BATCH: i64 = 10;

/// The time until the function's timeout that starting a batch requires: the timeout of one mail, and a reserve.
const BATCH_TIME: Duration = Duration::from_secs(15);

struct SendMail {
    database: Database,
    templates: MailTemplates,
    mailer: Mailer,
}

/// The counts of a run.
#[derive(Default)]
struct MailCounts {
    sent: u32,
    failed: u32,
    /// Those of `failed` that affect every mail, such as a server that does not respond.
    blocked: u32,
    given_up: u32,
    /// Those of `given_up` that are undeliverable.
    undeliverable: u32,
    /// Those of `given_up` whose address is suppressed.
    suppressed: u32,
}

impl Job for SendMail {
    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let templates = MailTemplates::start()?;
        let (mailer, database) = tokio::try_join!(Mailer::start(secrets), Database::start(secrets))?;
        Ok(Self { database, templates, mailer })
    }

    async fn run(&self, _: Json<'_>, deadline: SystemTime) -> Result<Value, JobError> {
        let mut counts = MailCounts::default();
        let outcome = self.drain(&mut counts, deadline).await;
        let waiting = self.database.read(outbox::backlog).await;
        // A burst of requests starts as many environments.
        self.database.close().await;
        let mut measured = vec![
            Metric::count("MailsSent", counts.sent),
            Metric::count("MailsFailed", counts.failed),
            Metric::count("MailsGivenUp", counts.given_up),
            Metric::count("MailsUndeliverable", counts.undeliverable),
            Metric::count("MailsSuppressed", counts.suppressed),
        ];
        if let Ok(waiting) = &waiting {
            measured.push(Metric::count("MailsWaiting", waiting.mails as f64));
            measured.push(Metric::seconds("OldestMailSeconds", waiting.oldest_seconds));
        }
        tracing::info!(_aws = %Metrics::new(measured), "mail");
        outcome?;
        let MailCounts { sent, failed, given_up, .. } = counts;
        Ok(json!({ "sent": sent, "failed": failed, "given_up": given_up, "waiting": waiting?.mails }))
    }
}

impl SendMail {
    /// Sends batch after batch until no mail is due or the timeout is near. Leaves the rest to the next run if every
    /// attempt of a batch fails for a reason that affects every mail; other failures do not stop a run.
    async fn drain(&self, counts: &mut MailCounts, deadline: SystemTime) -> Result<(), JobError> {
        while deadline.duration_since(SystemTime::now()).is_ok_and(|left| left > BATCH_TIME) {
            let batch =
                self.database.write(async |connection| outbox::claim(connection, BATCH).await).await?;
            if batch.is_empty() {
                break;
            }
            let (attempts, blocked) = (counts.attempts(), counts.blocked);
            self.deliver(batch, counts).await?;
            let attempts = counts.attempts() - attempts;
            if attempts > 0 && counts.blocked - blocked == attempts {
                break;
            }
        }
        Ok(())
    }

    /// Sends a batch, and stores the outcome of each mail.
    async fn deliver(&self, batch: Vec<Mail>, counts: &mut MailCounts) -> sqlx::Result<()> {
        let mut outcome = Ok(());
        let mut attempts: FuturesUnordered<_> =
            batch.iter().map(|mail| async move { (mail, self.attempt(mail).await) }).collect();
        while let Some((mail, attempt)) = attempts.next().await {
            let Some(end) = counts.count(mail, attempt) else { continue };
            // An error of one mail must not keep the outcomes of the others from being stored.
            if let Err(error) = self.finish(mail, end).await {
                tracing::error!(
                    mail = mail.id,
                    error = error_chain(&error),
                    "the outcome of a mail was not stored; it may be sent again"
                );
                outcome = Err(error);
            }
        }
        outcome
    }

    async fn attempt(&self, mail: &Mail) -> Result<MailOutcome, SendError> {
        if mail.is_outdated() {
            return Ok(MailOutcome::GivenUp(GivenUpReason::Outdated));
        }
        if mail.is_suppressed {
            return Ok(MailOutcome::GivenUp(GivenUpReason::Suppressed));
        }
        // Every mail gets a first attempt, even after a day without a run.
        if mail.is_old && mail.attempts > 1 {
            return Ok(MailOutcome::GivenUp(GivenUpReason::TooOld));
        }
        let rendered =
            self.templates.render(mail).map_err(|error| SendError::new(mail, Cause::Transient, error))?;
        self.mailer.send(mail, rendered).await?;
        Ok(MailOutcome::Sent)
    }

    /// Stores the outcome of a mail. Tries twice, so that a connection lost while sending does not cause a second mail.
    async fn finish(&self, mail: &Mail, end: MailOutcome) -> sqlx::Result<()> {
        let finish = async |connection: &mut PgConnection| outbox::finish(connection, mail.id, end).await;
        match self.database.write(finish).await {
            Err(_) => self.database.write(finish).await,
            done => done,
        }
    }
}

impl MailCounts {
    /// Returns the number of attempts.
    fn attempts(&self) -> u32 {
        self.sent + self.failed
    }

    /// Counts and logs an attempt. Returns the outcome of the mail, if it has one.
    fn count(&mut self, mail: &Mail, attempt: Result<MailOutcome, SendError>) -> Option<MailOutcome> {
        let end = attempt.map_or_else(|failure| self.count_failure(mail, &failure), Some)?;
        match end {
            MailOutcome::Sent => {
                self.sent += 1;
                tracing::info!(mail = mail.id, attempt = mail.attempts, "a mail was sent");
            }
            MailOutcome::GivenUp(reason) => {
                self.given_up += 1;
                self.undeliverable += u32::from(matches!(reason, GivenUpReason::Undeliverable));
                self.suppressed += u32::from(matches!(reason, GivenUpReason::Suppressed));
                tracing::warn!(mail = mail.id, reason = reason.name(), "a mail was given up");
            }
        }
        Some(end)
    }

    fn count_failure(&mut self, mail: &Mail, failure: &SendError) -> Option<MailOutcome> {
        self.failed += 1;
        self.blocked += u32::from(failure.cause() == Cause::Server);
        tracing::warn!(mail = mail.id, attempt = mail.attempts, error = %failure, "a mail was not sent");
        match failure.cause() {
            Cause::Recipient => Some(MailOutcome::GivenUp(GivenUpReason::Undeliverable)),
            _ => mail.is_old.then_some(MailOutcome::GivenUp(GivenUpReason::TooOld)),
        }
    }
}

fn main() -> Result<(), lambda_runtime::Error> {
    shared::serve_job::<SendMail>()
}
