//! `GET /`, `/account/`, `/activate/` and `/reset-password/`: serves the catalogue, the page for one's account, and those
//! that links in mails open.
//!
//! The pages call the API's own endpoints. Links contain the address and the token in the fragment, which browsers do
//! not send, so this function never sees them.

use shared::{
    Endpoint,
    config::ConfigError,
    html_page,
    http::{Asset, Error, Request, Response, Route},
    openapi::{Documented, Operation},
    secrets::Secrets,
};

const POLICY: &str = "default-src 'none'; script-src {scripts}; style-src {styles}; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

pub(crate) struct Pages {
    catalogue: Asset,
    account: Asset,
    activate: Asset,
    reset_password: Asset,
}

impl Endpoint for Pages {
    const ROUTES: &'static [Route] =
        &[Route::get("/"), Route::get("/account/"), Route::get("/activate/"), Route::get("/reset-password/")];

    async fn start(_: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self {
            catalogue: html_page!("catalogue.html", POLICY),
            account: html_page!("account.html", POLICY),
            activate: html_page!("activate.html", POLICY),
            reset_password: html_page!("reset_password.html", POLICY),
        })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        // A domain's base path may come before it.
        let page = match request.path().trim_end_matches('/').rsplit('/').next() {
            Some("account") => &self.account,
            Some("activate") => &self.activate,
            Some("reset-password") => &self.reset_password,
            _ => &self.catalogue,
        };
        page.respond(request)
    }
}

impl Documented for Pages {
    fn operations() -> Vec<Operation> {
        const HTML: &str = "text/html; charset=utf-8";
        vec![
            Operation::new(&Self::ROUTES[0], "cataloguePage")
                .summary("Get the catalogue page", "Returns a page that searches and shows movies.")
                .responds_with_file(HTML, "The page."),
            Operation::new(&Self::ROUTES[1], "accountPage")
                .summary(
                    "Get the account page",
                    "Returns a page to register and sign in, and for everything that the API does for the account: profile, \
                     sessions, password, address, export and deletion; movies for moderators, users for admins. The link in the \
                     mail to a new address opens it too.",
                )
                .responds_with_file(HTML, "The page."),
            Operation::new(&Self::ROUTES[2], "activationPage")
                .summary(
                    "Get the activation page",
                    "Returns the page that the link in an activation mail opens.",
                )
                .responds_with_file(HTML, "The page."),
            Operation::new(&Self::ROUTES[3], "passwordResetPage")
                .summary(
                    "Get the password reset page",
                    "Returns the page that the link in a password reset mail opens. It also sends that mail.",
                )
                .responds_with_file(HTML, "The page."),
        ]
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Pages>()
}
