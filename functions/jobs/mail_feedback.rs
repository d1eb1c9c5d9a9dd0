//! Stops mail to addresses for which SES reports a hard bounce or a complaint.
//!
//! The event is one of [SES in EventBridge](https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html),
//! `Email Bounced` or `Email Complaint Received`. It ignores temporary bounces (`bounceType` is not `Permanent`), and
//! reports that a mail is not spam
//! ([`complaintFeedbackType`](https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html) is `not-spam`). The
//! result has counts: `{"bounces":1,"complaints":0,"suppressed":1}`, where `suppressed` counts the addresses that were not
//! suppressed before.

use std::time::SystemTime;

use serde_json::{Value, json};
use shared::{
    Job, JobError,
    config::ConfigError,
    database::Database,
    json::Json,
    logging::metrics::{Metric, Metrics},
    mail::suppression::{Suppression, suppress},
    secrets::Secrets,
};

struct MailFeedback {
    database: Database,
}

/// A bounce or complaint that SES reports. The recipients are those that the mail was sent to, not those of the report:
/// a server that returns a mail writes them (`Final-Recipient`,
/// [RFC 3464](https://www.rfc-editor.org/rfc/rfc3464#section-2.3.2)), so it could suppress the address of another user.
struct Feedback<'a> {
    reason: Suppression,
    recipients: Vec<&'a str>,
}

impl<'a> Feedback<'a> {
    /// Reads an event. Returns `None` if it suppresses no address.
    fn parse(event: &'a Json<'_>) -> Result<Option<Self>, JobError> {
        let detail = event.get("detail").ok_or_else(|| invalid("\"detail\" is missing"))?;
        let (reason, report) = match text(detail, "eventType")? {
            "Bounce" => (Suppression::Bounce, "bounce"),
            "Complaint" => (Suppression::Complaint, "complaint"),
            _ => return Err(invalid("\"eventType\" is not Bounce or Complaint")),
        };
        let report = detail.get(report).ok_or_else(|| invalid(&format!("{report:?} is missing")))?;
        let suppresses = match reason {
            Suppression::Bounce => text(report, "bounceType")? == "Permanent",
            Suppression::Complaint => {
                report.get("complaintFeedbackType").and_then(Json::as_str) != Some("not-spam")
            }
        };
        if !suppresses {
            return Ok(None);
        }
        let Some(Json::Array(recipients)) = detail.get("mail").and_then(|mail| mail.get("destination"))
        else {
            return Err(invalid("\"mail.destination\" is not a list"));
        };
        let recipients = recipients
            .iter()
            .map(|address| address.as_str().ok_or_else(|| invalid("an address is not a text")));
        Ok(Some(Self { reason, recipients: recipients.collect::<Result<_, _>>()? }))
    }
}

impl Job for MailFeedback {
    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(secrets).await? })
    }

    async fn run(&self, event: Json<'_>, _: SystemTime) -> Result<Value, JobError> {
        let Some(Feedback { reason, recipients }) = Feedback::parse(&event)? else {
            return Ok(json!({ "bounces": 0, "complaints": 0, "suppressed": 0 }));
        };
        let suppressed =
            self.database.write(async |connection| suppress(connection, &recipients, reason).await).await?;
        let (bounces, complaints) = match reason {
            Suppression::Bounce => (recipients.len(), 0),
            Suppression::Complaint => (0, recipients.len()),
        };
        let metrics = Metrics::new(vec![
            Metric::count("MailBounces", bounces as f64),
            Metric::count("MailComplaints", complaints as f64),
        ]);
        tracing::warn!(_aws = %metrics, suppressed, "bounce or complaint received");
        Ok(json!({ "bounces": bounces, "complaints": complaints, "suppressed": suppressed }))
    }
}

fn text<'a>(object: &'a Json<'_>, name: &str) -> Result<&'a str, JobError> {
    object.get(name).and_then(Json::as_str).ok_or_else(|| invalid(&format!("{name:?} is not a text")))
}

/// Returns the error for an invalid event. The log gets it, so `what` never contains an address.
fn invalid(what: &str) -> JobError {
    JobError::InvalidEvent(format!("The event is not a bounce or complaint of SES: {what}."))
}

fn main() -> Result<(), lambda_runtime::Error> {
    shared::serve_job::<MailFeedback>()
}
