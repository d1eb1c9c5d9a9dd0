//! Serves an [`App`] on a local port, for browsers and other HTTP clients.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, header::CONTENT_LENGTH},
    response::{IntoResponse, Response},
};
use tokio::{net::TcpListener, task::AbortHandle};

use super::App;

/// More than the gateway accepts, so that the gateway rejects larger bodies.
const MAX_BODY: usize = 32 * 1024 * 1024;

/// A local port for an app, and the URL that it will have.
pub struct SiteAddress {
    listener: TcpListener,
    prefix: String,
    /// The URL of the site, such as `http://127.0.0.1:40001/v1`, without a trailing slash.
    pub url: String,
}

impl SiteAddress {
    /// Reserves a port where every path belongs to the app, as on a custom domain.
    pub async fn domain() -> Self {
        Self::with_prefix("").await
    }

    /// Reserves a port where all paths start with a stage, as in API Gateway without a custom domain.
    pub async fn stage() -> Self {
        Self::with_prefix("/v1").await
    }

    async fn with_prefix(prefix: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a loopback port is free");
        let address = listener.local_addr().expect("a bound listener has an address");
        Self { listener, prefix: prefix.to_owned(), url: format!("http://{address}{prefix}") }
    }

    /// Serves `app` on this port.
    pub fn serve(self, app: &Arc<App>) -> Site {
        let failures = Arc::default();
        let state = (Arc::clone(app), self.prefix, Arc::clone(&failures));
        let router = Router::new().fallback(answer).with_state(state);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move { axum::serve(self.listener, service).await });
        Site { url: self.url, server: server.abort_handle(), app: Arc::clone(app), failures }
    }
}

/// An app on a local port. It stops when this value is dropped.
pub struct Site {
    /// Its URL, without a trailing slash.
    pub url: String,
    server: AbortHandle,
    app: Arc<App>,
    failures: Failures,
}

/// The panics of requests, such as one with an answer that the API's description does not have. In their tasks they would
/// go unnoticed.
type Failures = Arc<Mutex<Vec<String>>>;

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
        // The app may be dropped in the server's task, where a panic would go unnoticed.
        #[cfg(test)]
        if !std::thread::panicking() {
            self.app.check_logs();
            assert_eq!(*self.failures.lock().unwrap_or_else(PoisonError::into_inner), [""; 0]);
        }
    }
}

async fn answer(
    State((app, prefix, failures)): State<(Arc<App>, String, Failures)>,
    ConnectInfo(client): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
    let target = match target.strip_prefix(&prefix) {
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        // A stage also works without the trailing slash.
        Some(rest) if rest.is_empty() || rest.starts_with('?') => format!("/{rest}"),
        _ => return (StatusCode::FORBIDDEN, r#"{"message":"Forbidden"}"#).into_response(),
    };
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // Lambda finishes an invocation even if the client disconnects.
    let reply = tokio::spawn(async move {
        let mut request = app.request(head.method, &target).source_ip(&client.ip().to_string());
        // The gateway sets the host itself.
        for (name, value) in head.headers.iter().filter(|(name, _)| *name != "host") {
            request = request.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
        request.body(body).send().await
    });
    let reply = match reply.await {
        Ok(reply) => reply,
        Err(error) => {
            failures.lock().unwrap_or_else(PoisonError::into_inner).push(error.to_string());
            return StatusCode::BAD_GATEWAY.into_response();
        }
    };
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() = reply.status;
    *response.headers_mut() = reply.headers;
    response.headers_mut().remove(CONTENT_LENGTH);
    response
}
