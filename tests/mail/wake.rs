//! Endpoints that queue a mail invoke the function that sends it.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use serde_json::json;
use tokio::{net::TcpListener, task::AbortHandle};

use crate::support::{App, Reply, poll};

const READER: &str = "reader@example.com";

type Calls = Arc<Mutex<Vec<(String, HeaderMap, Bytes)>>>;

/// A Lambda service that records invocations, and responds with a status or, without one, never.
struct Lambda {
    url: String,
    calls: Calls,
    serving: AbortHandle,
}

impl Lambda {
    async fn start(status: Option<StatusCode>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Calls::default();
        let noted = Arc::clone(&calls);
        let answer = move |uri: Uri, headers: HeaderMap, body: Bytes| {
            noted.lock().unwrap().push((uri.path().to_owned(), headers, body));
            async move {
                match status {
                    Some(status) => status,
                    None => std::future::pending().await,
                }
            }
        };
        let serving = tokio::spawn(async { axum::serve(listener, Router::new().fallback(answer)).await });
        Self { url, calls, serving: serving.abort_handle() }
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// Sends requests until one has invoked the function, and forgets these calls. A process that opens its first
    /// connection on a slow machine may give the call up.
    async fn warm_up(&self, mut request: impl AsyncFnMut()) {
        for _ in 0..20 {
            request().await;
            if self.calls() > 0 {
                self.calls.lock().unwrap().clear();
                return;
            }
        }
        panic!("the function is never invoked");
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn app(endpoint: &str) -> App {
    App::builder()
        .env("SEND_MAIL_FUNCTION", "send_mail")
        .env("AWS_ENDPOINT_URL_LAMBDA", endpoint)
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "hush-hush")
        .start()
        .await
}

async fn register(app: &App, email: &str) -> Reply {
    let body = json!({ "email": email, "password": "Correct-horse-1!" });
    app.post_json("/api/v1/accounts/register/", body).await
}

/// Registers others until the service is called.
async fn warm_up(app: &App, lambda: &Lambda) {
    let mut number = 0;
    let next = async || {
        number += 1;
        assert_eq!(register(app, &format!("other{number}@example.com")).await.status, 201);
    };
    lambda.warm_up(next).await;
}

#[tokio::test]
async fn registration_invokes_send_mail_once() {
    let lambda = Lambda::start(Some(StatusCode::ACCEPTED)).await;
    let app = app(&lambda.url).await;
    warm_up(&app, &lambda).await;
    assert_eq!(register(&app, READER).await.status, 201);
    {
        let calls = lambda.calls.lock().unwrap();
        let (path, headers, body) = calls.first().expect("a call has come");
        assert_eq!(path, "/2015-03-31/functions/send_mail/invocations");
        assert_eq!(headers["x-amz-invocation-type"], "Event");
        assert_eq!(body.as_ref(), b"{}");
    }
    assert_eq!(register(&app, READER).await.status, 409);
    assert_eq!(lambda.calls(), 1, "a refused request sends no mail");
}

#[tokio::test]
async fn send_mail_invocation_includes_invocation_key() {
    let lambda = Lambda::start(Some(StatusCode::ACCEPTED)).await;
    let mut app = app(&lambda.url).await;
    app.set_env("INVOCATION_KEY", "a key of this test");
    warm_up(&app, &lambda).await;
    assert_eq!(register(&app, READER).await.status, 201);
    let calls = lambda.calls.lock().unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&calls[0].2).unwrap();
    assert_eq!(sent, json!({ "key": "a key of this test", "event": {} }));
}

#[tokio::test]
async fn reset_request_invokes_send_mail_for_any_address() {
    let lambda = Lambda::start(Some(StatusCode::ACCEPTED)).await;
    let app = app(&lambda.url).await;
    let request = async || {
        let body = json!({ "email": "unknown@example.com" });
        assert_eq!(app.post_json("/api/v1/accounts/password-reset/request/", body).await.status, 200);
    };
    lambda.warm_up(request).await;
    request().await;
    assert_eq!(lambda.calls(), 1);
}

#[tokio::test]
async fn failed_send_mail_invocation_is_only_logged() {
    for status in [Some(StatusCode::INTERNAL_SERVER_ERROR), None] {
        let lambda = Lambda::start(status).await;
        let app = app(&lambda.url).await;
        warm_up(&app, &lambda).await;
        let before = app.logs("Register").len();
        assert_eq!(register(&app, READER).await.status, 201, "{status:?}");
        // A call that took too long may still be under way.
        poll::until(async || lambda.calls() > 0).await;
        assert_eq!(lambda.calls(), 1, "one attempt");
        let log = &app.logs("Register")[before..];
        let words = if status.is_some() { "was not invoked" } else { "took too long" };
        assert!(log.contains(words) && !log.contains("hush-hush"), "{log}");
    }
    let app = app("http://127.0.0.1:1").await;
    assert_eq!(register(&app, READER).await.status, 201);
}
