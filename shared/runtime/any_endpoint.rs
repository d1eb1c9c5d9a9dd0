//! An endpoint without its type: the code that serves it is compiled once, and not for every executable.

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::Endpoint;
use crate::{
    config::ConfigError,
    http::{Error, Request, Response, Route},
    secrets::Secrets,
};

/// An [`Endpoint`] that starts with its first use.
pub trait AnyEndpoint: Sync {
    /// [`Endpoint::ROUTES`].
    fn routes(&self) -> &'static [Route];

    /// [`Endpoint::INTERNAL_ERROR`].
    fn internal_error(&self) -> &'static str;

    /// Starts it, unless that was done. Fails as [`Endpoint::start`] does.
    fn start<'a>(&'a self, secrets: &'a Secrets) -> BoxFuture<'a, Result<(), ConfigError>>;

    /// Starts it, unless that was done, and handles one request.
    fn handle<'a>(
        &'a self,
        secrets: &'a Secrets,
        request: &'a Request,
    ) -> BoxFuture<'a, Result<Response, Error>>;
}

/// The endpoint `E` as an [`AnyEndpoint`].
pub struct Lazy<E>(OnceCell<E>);

impl<E: Endpoint> Lazy<E> {
    /// Returns the endpoint, not started.
    pub fn new() -> Self {
        Self(OnceCell::new())
    }

    async fn get(&self, secrets: &Secrets) -> Result<&E, ConfigError> {
        // Boxed to keep the request's future small: a future reserves space for everything that it may await.
        self.0.get_or_try_init(|| Box::pin(E::start(secrets))).await
    }
}

impl<E: Endpoint> AnyEndpoint for Lazy<E> {
    fn routes(&self) -> &'static [Route] {
        E::ROUTES
    }

    fn internal_error(&self) -> &'static str {
        E::INTERNAL_ERROR
    }

    fn start<'a>(&'a self, secrets: &'a Secrets) -> BoxFuture<'a, Result<(), ConfigError>> {
        Box::pin(async { self.get(secrets).await.map(|_| ()) })
    }

    fn handle<'a>(
        &'a self,
        secrets: &'a Secrets,
        request: &'a Request,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        Box::pin(async { self.get(secrets).await.map_err(Error::internal)?.handle(request).await })
    }
}
