//! A run that crashes between any two steps.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{app, counts, pass_time, registrations, send, smtp::Smtp, tokens};

/// Returns the header that stays the same if a mail is sent again.
fn message_id(content: &str) -> &str {
    content.lines().find(|line| line.starts_with("Message-ID: <")).expect("a mail has an id")
}

#[tokio::test]
async fn crash_after_sending_repeats_mail_after_lease() {
    let first = AtomicBool::new(true);
    let server = Smtp::start(move |_| {
        let hangs = first.swap(false, Ordering::Relaxed);
        Box::pin(async move { if hangs { std::future::pending().await } else { "250 OK" } })
    })
    .await;
    let app = app(&server.url).start().await;
    let mut db = app.db().await;
    registrations(&mut db, 1).await;
    let mut arrivals = server.count();
    // The server has the mail, but the process is killed before it gets the reply.
    tokio::select! {
        _ = send(&app) => panic!("the server has not answered"),
        arrived = arrivals.wait_for(|count| *count == 1) => drop(arrived.unwrap()),
    }
    assert_eq!(tokens(&mut db).await, 1, "the mail is not lost");
    assert_eq!(send(&app).await, counts(0, 0, 0, 1), "and not repeated at once");
    pass_time(&mut db).await;
    assert_eq!(send(&app).await, counts(1, 0, 0, 0));
    assert_eq!(app.environments("SendMail"), 2);
    let received = server.received();
    assert_eq!(received.len(), 2);
    assert_eq!(message_id(&received[0].content), message_id(&received[1].content));
    assert_eq!(tokens(&mut db).await, 0);
}
