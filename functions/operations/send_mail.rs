//! Sends the mail that waits: every minute, and when an endpoint that wrote a mail calls.
//!
//! The event says nothing. The answer counts: `{"sent":1,"failed":0,"given_up":0,"waiting":0}`, where `failed`
//! are attempts, and `waiting` is what later runs still have to send.

use std::time::{Duration, SystemTime};

use futures_util::{StreamExt, stream::FuturesUnordered};
use serde_json::{Value, json};
use shared::{
    Operation, OperationError,
    config::ConfigError,
    database::Database,
    json::Json,
    logging::chain,
    mail::{
        Failure, Letters, Mail, Mailer,
        outbox::{self, End, Waiting},
    },
    metrics::{Metric, Metrics},
    secrets::Secrets,
    serve_operation,
};

/// How many mails are on their way at once.
const BATCH: i64 = 10;

/// What must be left of the function's time to start a batch: one mail's limit and some to spare.
const BATCH_TIME: Duration = Duration::from_secs(15);

struct SendMail {
    database: Database,
    letters: Letters,
    mailer: Mailer,
}

#[derive(Default)]
struct Tally {
    sent: u32,
    failed: u32,
    given_up: u32,
}

impl Operation for SendMail {
    async fn start() -> Result<Self, ConfigError> {
        let (letters, mailer) = (Letters::start()?, Mailer::start()?);
        Ok(Self { database: Database::start(&Secrets::default()).await?, letters, mailer })
    }

    async fn run(&self, _: Json<'_>, deadline: SystemTime) -> Result<Value, OperationError> {
        let mut tally = Tally::default();
        let outcome = self.drain(&mut tally, deadline).await;
        let waiting = self.waiting().await;
        let mut measured = vec![
            Metric::count("MailsSent", tally.sent),
            Metric::count("MailsFailed", tally.failed),
            Metric::count("MailsGivenUp", tally.given_up),
        ];
        if let Ok(waiting) = &waiting {
            measured.push(Metric::count("MailsWaiting", waiting.mails as f64));
            measured.push(Metric::seconds("OldestMailSeconds", waiting.oldest_seconds));
        }
        tracing::info!(_aws = %Metrics::new(measured), "mail");
        outcome?;
        let Tally { sent, failed, given_up } = tally;
        Ok(json!({ "sent": sent, "failed": failed, "given_up": given_up, "waiting": waiting?.mails }))
    }
}

impl SendMail {
    /// Sends batch after batch until nothing is due or the time is nearly out. After a batch of failures the
    /// rest is left to the next run: more likely the way out is blocked than every mail bad.
    async fn drain(&self, tally: &mut Tally, deadline: SystemTime) -> Result<(), OperationError> {
        while deadline.duration_since(SystemTime::now()).is_ok_and(|left| left > BATCH_TIME) {
            let batch = self.claim().await?;
            let failed_before = tally.failed;
            let size = batch.len() as u32;
            self.deliver(batch, tally).await?;
            if tally.failed - failed_before == size {
                break;
            }
        }
        Ok(())
    }

    /// Sends a batch, and stores how each of its mails ended.
    async fn deliver(&self, batch: Vec<Mail>, tally: &mut Tally) -> sqlx::Result<()> {
        let mut outcome = Ok(());
        let mut attempts: FuturesUnordered<_> =
            batch.iter().map(|mail| async move { (mail, self.attempt(mail).await) }).collect();
        while let Some((mail, attempt)) = attempts.next().await {
            let Some(end) = tally.count(mail, attempt) else { continue };
            // The other mails are on their way and must be accounted for, whatever happens to this one.
            if let Err(error) = self.finish(mail, end).await {
                tracing::error!(
                    mail = mail.id,
                    error = chain(&error),
                    "the end of a mail was not stored; it may be repeated"
                );
                outcome = Err(error);
            }
        }
        outcome
    }

    async fn attempt(&self, mail: &Mail) -> Result<End, Failure> {
        // A first attempt is due to every mail, also after a day without any run.
        if mail.is_outdated() || (mail.is_old && mail.attempts > 1) {
            return Ok(End::GivenUp);
        }
        let letter = self.letters.write(mail).map_err(|error| Failure::new(mail, error))?;
        self.mailer.send(mail, letter).await?;
        Ok(End::Sent)
    }

    async fn claim(&self) -> sqlx::Result<Vec<Mail>> {
        let mut connection = self.database.connection().await?;
        let batch = outbox::claim(&mut connection, BATCH).await?;
        connection.release();
        Ok(batch)
    }

    /// Tries twice: a mail must not be repeated because the connection was lost while it was sent.
    async fn finish(&self, mail: &Mail, end: End) -> sqlx::Result<()> {
        match self.finish_once(mail, end).await {
            Err(_) => self.finish_once(mail, end).await,
            done => done,
        }
    }

    async fn finish_once(&self, mail: &Mail, end: End) -> sqlx::Result<()> {
        let mut connection = self.database.connection().await?;
        outbox::finish(&mut connection, mail.id, end).await?;
        connection.release();
        Ok(())
    }

    async fn waiting(&self) -> sqlx::Result<Waiting> {
        let mut connection = self.database.connection().await?;
        let waiting = outbox::waiting(&mut connection).await?;
        connection.release();
        Ok(waiting)
    }
}

impl Tally {
    /// Counts and logs an attempt, and says how the mail ended, if it did.
    fn count(&mut self, mail: &Mail, attempt: Result<End, Failure>) -> Option<End> {
        let end = attempt.map(Some).unwrap_or_else(|error| {
            self.failed += 1;
            tracing::warn!(mail = mail.id, attempt = mail.attempts, %error, "a mail was not sent");
            mail.is_old.then_some(End::GivenUp)
        });
        match end {
            Some(End::Sent) => {
                self.sent += 1;
                tracing::info!(mail = mail.id, attempt = mail.attempts, "a mail was sent");
            }
            Some(End::GivenUp) => {
                self.given_up += 1;
                tracing::warn!(mail = mail.id, outdated = mail.is_outdated(), "a mail was given up");
            }
            None => {}
        }
        end
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve_operation::<SendMail>().await
}
