//! `GET /docs/` and `/openapi.json`: serves the OpenAPI description, and Swagger UI for trying the API.
//!
//! The executable contains the files of Swagger UI.

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

// Swagger UI needs images from data URLs; it loads the rest from this API.
const POLICY: &str = "default-src 'none'; script-src 'self' {scripts}; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(crate) struct Docs {
    page: Asset,
    script: Asset,
    style: Asset,
    license: Asset,
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
            license: asset!("text/plain; charset=utf-8", "LICENSE").cached(),
            description: OnceLock::new(),
        })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let asset = match request.path().trim_end_matches('/').rsplit('/').next() {
            Some("docs") => &self.page,
            Some("swagger-ui-bundle.js") => &self.script,
            Some("swagger-ui.css") => &self.style,
            Some("LICENSE") => &self.license,
            Some("openapi.json") => self.description()?,
            _ => return Err(Error::not_found("File not found.")),
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
                .summary(
                    "Get the documentation",
                    "Returns Swagger UI, a page that shows this description and sends requests.",
                )
                .responds_with_file("text/html; charset=utf-8", "The page."),
            Operation::new(&Self::ROUTES[1], "docsFile")
                .summary(
                    "Get a file of Swagger UI",
                    "Returns a script or a style sheet of the documentation.",
                )
                .path_parameter("file", schema::one_of(["swagger-ui-bundle.js", "swagger-ui.css", "LICENSE"]))
                .responds_with_file("text/*", "The file.")
                .error(404, "File not found."),
            Operation::new(&Self::ROUTES[2], "openapi")
                .summary("Get this description", "Returns the description of the API in OpenAPI 3.1.")
                .responds_with_file("application/json", "The description."),
        ]
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Docs>()
}
