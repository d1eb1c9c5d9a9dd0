//! Returns 404 for every path that the API does not have, with any method.

use shared::{
    Endpoint,
    config::ConfigError,
    http::{Error, Request, Response, Route},
    secrets::Secrets,
};

struct NotFound;

impl Endpoint for NotFound {
    const ROUTES: &'static [Route] = &[];

    async fn start(_: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self)
    }

    async fn handle(&self, _: &Request) -> Result<Response, Error> {
        Err(Error::not_found("Not Found"))
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<NotFound>()
}
