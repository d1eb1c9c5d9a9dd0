//! `GET /docs/` and `/openapi.json`: what the API can do, for people to try and for tools to read.
//!
//! The page is Swagger UI, whose files are part of the executable.

mod description;

use std::sync::OnceLock;

use shared::{
    Endpoint, asset,
    config::ConfigError,
    html_page,
    http::{Asset, Error, Request, Response, Route},
    openapi::{Documented, Operation, schema},
    secrets::Secrets,
};

// Swagger UI writes styles into its page and pictures into its style sheet. What it says comes from this API.
const POLICY: &str = "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) struct Docs {
    page: Asset,
    script: Asset,
    style: Asset,
    licence: Asset,
    description: OnceLock<Asset>,
}

impl Endpoint for Docs {
    const ROUTES: &'static [Route] =
        &[Route::get("/docs/"), Route::get("/docs/{file}/"), Route::get("/openapi.json")];

    async fn start(_: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self {
            page: html_page!("docs.html", POLICY),
            script: asset!("text/javascript", "swagger-ui-bundle.js").cached(),
            style: asset!("text/css", "swagger-ui.css").cached(),
            licence: asset!("text/plain; charset=utf-8", "LICENSE").cached(),
            description: OnceLock::new(),
        })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let asset = match request.path().trim_end_matches('/').rsplit('/').next() {
            Some("docs") => &self.page,
            Some("swagger-ui-bundle.js") => &self.script,
            Some("swagger-ui.css") => &self.style,
            Some("LICENSE") => &self.licence,
            Some("openapi.json") => self.description()?,
            _ => return Err(Error::not_found("There is no such file.")),
        };
        asset.respond(request)
    }
}

impl Docs {
    fn description(&self) -> Result<&Asset, Error> {
        if let Some(asset) = self.description.get() {
            return Ok(asset);
        }
        let json = description::description().to_string();
        let asset = Asset::compress("application/json", json.as_bytes()).map_err(Error::internal)?;
        Ok(self.description.get_or_init(|| asset))
    }
}

impl Documented for Docs {
    fn operations() -> Vec<Operation> {
        vec![
            Operation::new(&Self::ROUTES[0], "docsPage")
                .summary("This description, to read and to try", "Swagger UI.")
                .responds_with_file("text/html; charset=utf-8", "The page."),
            Operation::new(&Self::ROUTES[1], "docsFile")
                .summary("A file of Swagger UI", "What the page is made of.")
                .path_parameter("file", schema::one_of(["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"]))
                .responds_with_file("text/*", "The file.")
                .error(404, "There is no such file."),
            Operation::new(&Self::ROUTES[2], "openapi")
                .summary("This description, for tools", "OpenAPI 3.1.")
                .responds_with_file("application/json", "The description."),
        ]
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Docs>()
}
