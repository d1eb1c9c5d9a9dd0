//! Bounces and complaints that SES reports through EventBridge.

use serde_json::{Value, json};

use super::{app, assert_discreet, counts, metrics, registration, send};
use crate::support::App;

fn bounce(kind: &str, addresses: &[&str]) -> Value {
    let recipients: Vec<_> = addresses
        .iter()
        .map(|address| json!({"emailAddress": address, "action": "failed", "status": "5.1.1"}))
        .collect();
    json!({
        "version": "0",
        "source": "aws.ses",
        "detail-type": "Email Bounced",
        "detail": {
            "eventType": "Bounce",
            "bounce": {"bounceType": kind, "bounceSubType": "General", "bouncedRecipients": recipients},
            "mail": {"destination": addresses},
        },
    })
}

fn complaint(address: &str) -> Value {
    let complaint = json!({"complainedRecipients": [{"emailAddress": address}]});
    json!({
        "source": "aws.ses",
        "detail-type": "Email Complaint Received",
        "detail": {"eventType": "Complaint", "complaint": complaint, "mail": {"destination": [address]}},
    })
}

async fn mailing() -> (App, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let app = app(&format!("file:{}", folder.path().display())).start().await;
    (app, folder)
}

async fn report(app: &App, event: Value) -> Value {
    app.invoke("MailFeedback", event).await.unwrap()
}

#[tokio::test]
async fn permanent_bounce_suppresses_address() {
    let (app, _folder) = mailing().await;
    let mut db = app.db().await;
    let event = bounce("Permanent", &["READER@example.com", "reader@xn--bcher-kva.example"]);
    let first = report(&app, event.clone()).await;
    assert_eq!(first, json!({"bounces": 2, "complaints": 0, "suppressed": 2}));
    assert_eq!(report(&app, event).await["suppressed"], 0, "EventBridge may repeat an event");
    for (email, token) in [
        ("reader@example.com", "token-1"),
        ("reader@bücher.example", "token-2"),
        ("other@example.com", "token-3"),
    ] {
        registration(&mut db, email, token).await;
    }
    assert_eq!(send(&app).await, counts(1, 0, 2, 0));
    assert_eq!(metrics(&app)["MailsSuppressed"], 2);
    let reasons: Vec<Option<String>> =
        sqlx::query_scalar("SELECT given_up_reason::text FROM mail_outbox ORDER BY id")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let suppressed = || Some(String::from("suppressed"));
    assert_eq!(reasons, [suppressed(), suppressed(), None]);
    assert!(app.logs("MailFeedback").contains("\"MailBounces\":2"));
    assert_discreet(&app, &["reader@", "READER@", "token-1"]);
}

#[tokio::test]
async fn bounce_that_names_another_address_suppresses_the_mailed_one() {
    let (app, _folder) = mailing().await;
    let mut db = app.db().await;
    for mut event in [bounce("Permanent", &["victim@example.com"]), complaint("victim@example.com")] {
        event["detail"]["mail"]["destination"] = json!(["attacker@example.com"]);
        report(&app, event).await;
    }
    registration(&mut db, "victim@example.com", "token-1").await;
    registration(&mut db, "attacker@example.com", "token-2").await;
    assert_eq!(send(&app).await, counts(1, 0, 1, 0));
    let sent: String = sqlx::query_scalar(
        "SELECT email FROM users JOIN mail_outbox ON user_id = users.id WHERE sent_at IS NOT NULL",
    )
    .fetch_one(&mut db)
    .await
    .unwrap();
    assert_eq!(sent, "victim@example.com");
}

#[tokio::test]
async fn complaint_suppresses_address_until_allow_mail() {
    let (app, _folder) = mailing().await;
    let mut db = app.db().await;
    assert_eq!(
        report(&app, complaint("reader@example.com")).await,
        json!({"bounces": 0, "complaints": 1, "suppressed": 1})
    );
    registration(&mut db, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(0, 0, 1, 0));
    let allow = json!({"command": "allow-mail", "email": "reader@example.com"});
    let lifted = app.invoke("Manage", allow.clone()).await.unwrap();
    assert_eq!(lifted, json!({"command": "allow-mail", "suppressed_for": "complaint"}));
    let again = app.invoke("Manage", allow).await.unwrap();
    assert_eq!(again, json!({"command": "allow-mail", "suppressed_for": null}));
    sqlx::query("DELETE FROM users").execute(&mut db).await.unwrap();
    registration(&mut db, "reader@example.com", "token-2").await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
}

#[tokio::test]
async fn transient_bounce_suppresses_nothing() {
    let (app, _folder) = mailing().await;
    let mut db = app.db().await;
    for kind in ["Transient", "Undetermined"] {
        let answer = report(&app, bounce(kind, &["reader@example.com"])).await;
        assert_eq!(answer, json!({"bounces": 0, "complaints": 0, "suppressed": 0}), "{kind}");
    }
    registration(&mut db, "reader@example.com", "token-1").await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
}

#[tokio::test]
async fn report_that_mail_is_not_spam_suppresses_nothing() {
    let (app, _folder) = mailing().await;
    for (kind, suppressed) in [("not-spam", 0), ("abuse", 1)] {
        let mut event = complaint("reader@example.com");
        event["detail"]["complaint"]["complaintFeedbackType"] = kind.into();
        let answer = report(&app, event).await;
        assert_eq!(
            answer,
            json!({"bounces": 0, "complaints": suppressed, "suppressed": suppressed}),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn malformed_event_error_omits_address() {
    let (app, _folder) = mailing().await;
    for event in [
        json!({}),
        json!([]),
        json!({"detail": {"eventType": "Delivery", "mail": {"destination": ["reader@example.com"]}}}),
        json!({"detail": {"eventType": "reader@example.com"}}),
        json!({"detail": {"eventType": "Bounce"}}),
        json!({"detail": {"eventType": "Bounce", "bounce": {"bounceType": "Permanent"}}}),
        json!({"detail": {"eventType": "Complaint", "complaint": {}, "mail": {"destination": "reader@example.com"}}}),
        json!({"detail": {"eventType": "Complaint", "complaint": {}, "mail": {"destination": [{"reader@": 1}]}}}),
    ] {
        let error = app.invoke("MailFeedback", event.clone()).await.unwrap_err();
        assert_eq!(error.error_type, "InvalidEvent", "{event}");
        assert!(error.error_message.contains("not a bounce or complaint"), "{error:?}");
        assert!(!error.error_message.contains("reader@"), "{error:?}");
    }
}
