//! Serves an endpoint: starts it and handles requests from Lambda.

use std::{
    future::Future,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use lambda_http::{
    Body,
    http::{
        HeaderValue, Method, StatusCode,
        header::{ALLOW, CONTENT_LENGTH},
    },
    service_fn,
};
use tracing::{Instrument, Level};

use super::{
    any_endpoint::{AnyEndpoint, Lazy},
    block_on,
    interruption::Timer,
};
use crate::{
    config::ConfigError,
    http::{
        Cors, Error, FailureReason, MAX_BODY, Origin, Request, Response, Route, add_security_headers, route,
        size_in_event,
    },
    logging::{
        self,
        metrics::{Metric, Metrics},
        milliseconds,
    },
    secrets::Secrets,
};

/// One endpoint of the API: its routes, its state, and its handler.
pub trait Endpoint: Sized + Send + Sync + 'static {
    /// The routes of the endpoint. If it has several paths, each has the same methods. Empty for the endpoint
    /// that handles all other requests with any method.
    const ROUTES: &'static [Route];

    /// The detail of a 500.
    const INTERNAL_ERROR: &'static str = "Internal Server Error";

    /// Reads the settings and `secrets` that the endpoint needs, and connects to what it uses. If this fails,
    /// the request gets [`Self::INTERNAL_ERROR`], and the next request tries again.
    fn start(secrets: &Secrets) -> impl Future<Output = Result<Self, ConfigError>> + Send;

    /// Handles one request. Its method is one of [`Self::ROUTES`].
    fn handle(&self, request: &Request) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// Starts `E` and serves requests until Lambda ends the process.
///
/// Fails only if the Lambda Runtime API cannot be reached.
pub fn serve<E: Endpoint>() -> Result<(), lambda_http::Error> {
    serve_any(Box::new(Lazy::<E>::new()))
}

/// Not generic, so that it is compiled with this library.
fn serve_any(endpoint: Box<dyn AnyEndpoint>) -> Result<(), lambda_http::Error> {
    block_on(serve_requests(endpoint))?
}

async fn serve_requests(endpoint: Box<dyn AnyEndpoint>) -> Result<(), lambda_http::Error> {
    logging::start();
    let service = &*Box::leak(Box::new(Service {
        endpoint,
        cors: Cors::read(),
        origin: Origin::read(),
        secrets: Secrets::default(),
        timer: Timer::default(),
        warm: AtomicBool::new(false),
    }));
    // The first request tries again.
    if let Err(error) = service.endpoint.start(&service.secrets).await {
        tracing::error!(%error, "the function is not configured");
    }
    lambda_http::runtime(service_fn(move |request| service.call(request))).run().await
}

struct Service {
    endpoint: Box<dyn AnyEndpoint>,
    cors: Result<Option<Cors>, ConfigError>,
    origin: Result<Option<Origin>, ConfigError>,
    secrets: Secrets,
    timer: Timer,
    warm: AtomicBool,
}

impl Service {
    async fn call(&self, request: lambda_http::Request) -> Result<Response, std::convert::Infallible> {
        let request = Request::new(request).with_hidden_stage(matches!(self.origin, Ok(Some(_))));
        let began = Instant::now();
        let cold_start = !self.warm.swap(true, Ordering::Relaxed);
        let span = tracing::info_span!("request", request_id = request.id(), trace_id = request.trace_id());
        async {
            let mut response = self.respond(&request).await;
            limit_body(&mut response);
            if let Ok(Some(cors)) = &self.cors {
                cors.allow_origin(&mut response);
            }
            add_security_headers(&mut response);
            if request.method() == Method::HEAD {
                clear_body(&mut response);
            }
            log(&request, &mut response, began.elapsed(), cold_start);
            Ok(response)
        }
        .instrument(span)
        .await
    }

    async fn respond(&self, request: &Request) -> Response {
        let (routes, internal_error) = (self.endpoint.routes(), self.endpoint.internal_error());
        match &self.origin {
            Err(error) => return Error::internal(error.to_string()).into_response(internal_error),
            Ok(Some(origin)) => {
                if let Err(error) = origin.verify(request) {
                    return error.into_response(internal_error);
                }
            }
            Ok(None) => {}
        }
        match &self.cors {
            Err(error) => return Error::internal(error.to_string()).into_response(internal_error),
            Ok(Some(_)) if request.method() == Method::OPTIONS && !routes.is_empty() => {
                return Cors::preflight(&route::allow_header(routes));
            }
            Ok(_) => {}
        }
        if !route::allows(routes, request.method()) {
            let mut response = Error::METHOD_NOT_ALLOWED.into_response(internal_error);
            if let Ok(allow) = route::allow_header(routes).parse() {
                response.headers_mut().insert(ALLOW, allow);
            }
            return response;
        }
        let work = self.endpoint.handle(&self.secrets, request);
        let outcome = self
            .timer
            .run_until(request.deadline(), work)
            .await
            .unwrap_or_else(|interruption| Err(Error::internal(interruption)));
        outcome.unwrap_or_else(|error| error.into_response(internal_error))
    }
}

/// Removes the body of a response to HEAD, and sets the content length of the GET response
/// ([RFC 9110, section 8.6](https://www.rfc-editor.org/rfc/rfc9110#section-8.6)).
fn clear_body(response: &mut Response) {
    let body = std::mem::replace(response.body_mut(), Body::Empty);
    if !matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED) {
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
}

/// Replaces a response that is too large for Lambda by a 500.
fn limit_body(response: &mut Response) {
    // Escaping turns a byte into six at most (`\u0000`), so only large bodies are measured.
    if response.body().len() <= MAX_BODY / 6 {
        return;
    }
    let length = size_in_event(response.body());
    if length > MAX_BODY {
        let cause = format!("a response of {length} bytes exceeds the limit of Lambda");
        *response = Error::internal(cause).into_response("Internal Server Error");
    }
}

/// Writes the one log line of the request, with its metrics.
fn log(request: &Request, response: &mut Response, took: Duration, cold_start: bool) {
    let status = response.status();
    let mut metrics = Metrics::new([Metric::count("Requests", 1)]);
    let (mut detail, mut error) = (None, None);
    if status.is_client_error() || status.is_server_error() {
        let reason = response.extensions_mut().remove::<FailureReason>();
        detail = reason.as_ref().map(|reason| reason.detail).or(status.canonical_reason());
        error = reason.and_then(|reason| reason.cause);
        metrics = metrics.by("detail", [Metric::count("Errors", 1)]);
    }
    macro_rules! answered {
        ($level:expr) => {
            tracing::event!(
                $level,
                method = %request.method(),
                route = request.route(),
                status = status.as_u16(),
                duration_ms = milliseconds(took),
                cold_start,
                user_id = request.user_id(),
                address_hash = request.address_hash(),
                detail,
                error,
                api_request_id = request.api_id(),
                _aws = %metrics,
                "answered"
            )
        };
    }
    if status.is_server_error() { answered!(Level::ERROR) } else { answered!(Level::INFO) }
}
