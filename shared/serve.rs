//! From `main` to the answer: starts an endpoint and serves the requests that Lambda hands it.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use lambda_http::{
    Body,
    http::{Method, header::ALLOW},
    service_fn,
};
use tokio::sync::OnceCell;
use tracing::Instrument;

use crate::{
    config::ConfigError,
    guard::guard,
    http::{Cors, Error, Request, Response},
    logging,
};

/// One endpoint of the API: what it needs, which methods it takes, and what it answers.
pub trait Endpoint: Sized + Send + Sync + 'static {
    /// The methods of its path.
    const METHODS: Methods;

    /// What a client reads when the endpoint fails through no fault of the client (status 500).
    const FAILURE: &'static str = "Internal Server Error";

    /// Reads the settings and opens what the endpoint works with. When this fails, every request is answered
    /// with [`Self::FAILURE`] and tries it again.
    fn start() -> impl Future<Output = Result<Self, ConfigError>> + Send;

    /// Answers one request, whose method is one that the endpoint takes.
    fn answer(&self, request: &Request) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// The methods of a path, and which of them one endpoint takes. HEAD goes where GET goes.
pub struct Methods {
    own: &'static [Method],
    path: &'static [Method],
}

impl Methods {
    /// Every method: the endpoint never answers 405.
    pub const ANY: Self = Self { own: &[], path: &[] };

    /// The endpoint has its path for itself and takes these methods.
    pub const fn only(own: &'static [Method]) -> Self {
        Self { own, path: own }
    }

    /// The endpoint takes `own`; all endpoints of the path together take `path`.
    pub const fn shared(own: &'static [Method], path: &'static [Method]) -> Self {
        Self { own, path }
    }

    const fn is_any(&self) -> bool {
        self.own.is_empty()
    }

    fn take(&self, method: &Method) -> bool {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.is_any() || self.own.contains(method)
    }

    /// The value of the `Allow` header ([RFC 9110, section 10.2.1](https://www.rfc-editor.org/rfc/rfc9110#section-10.2.1)).
    fn allow(&self) -> String {
        let mut names: Vec<_> = self.path.iter().map(Method::as_str).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        names.sort_unstable();
        names.join(", ")
    }
}

/// Starts `E` and answers requests until Lambda ends the process.
///
/// Fails only when the Lambda Runtime API cannot be reached.
pub async fn serve<E: Endpoint>() -> Result<(), lambda_http::Error> {
    logging::start();
    let service = &*Box::leak(Box::new(Service::<E> {
        endpoint: OnceCell::new(),
        cors: Cors::read(),
        warm: AtomicBool::new(false),
    }));
    // A failure is logged here and tried again by the first request.
    let _ = service.endpoint().await;
    lambda_http::runtime(service_fn(move |request| service.call(Request::new(request)))).run().await
}

struct Service<E> {
    endpoint: OnceCell<E>,
    cors: Result<Option<Cors>, ConfigError>,
    warm: AtomicBool,
}

impl<E: Endpoint> Service<E> {
    async fn endpoint(&self) -> Result<&E, Error> {
        self.endpoint.get_or_try_init(E::start).await.map_err(|error| {
            tracing::error!(%error, "the function is not configured");
            Error::internal(error)
        })
    }

    async fn call(&self, request: Request) -> Result<Response, std::convert::Infallible> {
        let began = Instant::now();
        let cold_start = !self.warm.swap(true, Ordering::Relaxed);
        let span = tracing::info_span!("request", request_id = request.id(), trace_id = request.trace_id());
        async {
            let mut response = self.judge(&request).await;
            if let Ok(Some(cors)) = &self.cors {
                cors.admit(&mut response);
            }
            if request.method() == Method::HEAD {
                *response.body_mut() = Body::Empty;
            }
            tracing::info!(
                method = %request.method(),
                route = request.route(),
                status = response.status().as_u16(),
                duration_ms = began.elapsed().as_secs_f64() * 1000.0,
                cold_start,
                "answered"
            );
            Ok(response)
        }
        .instrument(span)
        .await
    }

    async fn judge(&self, request: &Request) -> Response {
        match &self.cors {
            Err(error) => return Error::internal(error.to_string()).into_response(E::FAILURE),
            Ok(Some(_)) if request.method() == Method::OPTIONS && !E::METHODS.is_any() => {
                return Cors::preflight(&E::METHODS.allow());
            }
            Ok(_) => {}
        }
        if !E::METHODS.take(request.method()) {
            let mut response = Error::METHOD_NOT_ALLOWED.into_response(E::FAILURE);
            if let Ok(allow) = E::METHODS.allow().parse() {
                response.headers_mut().insert(ALLOW, allow);
            }
            return response;
        }
        let work = async { self.endpoint().await?.answer(request).await };
        let outcome = guard(request.deadline(), work)
            .await
            .unwrap_or_else(|interruption| Err(Error::internal(interruption)));
        outcome.unwrap_or_else(|error| error.into_response(E::FAILURE))
    }
}
