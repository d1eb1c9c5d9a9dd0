//! The description of the whole API, from what its endpoints say of themselves.

#[path = "../../endpoints.rs"]
mod endpoints;

use endpoints::Visitor;
use shared::openapi::{BEARER, Documented, Operation, schema::Error};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Info, License, OpenApi, Paths, Server,
        security::{Http, HttpAuthScheme, SecurityScheme},
        tag::TagBuilder,
    },
};

const ABOUT: &str = "\
Accounts and a catalogue of movies.

Every path is answered with and without the slash at its end. Errors are `{\"detail\": \"<sentence>\"}`; input that \
does not validate gets 422 with every fault at once. A path that does not exist answers 404, a wrong method 405 with \
`Allow`, and GET also stands for HEAD. The gateway itself can refuse with 413, 429, 502 and 504, in the same shape.

To try what needs a token: register, activate the account with the token of the mail, log in, and put the access \
token into Authorize.";

/// What the endpoints say, with the sentence of their failures.
#[derive(Default)]
struct Operations(Vec<(&'static str, Vec<Operation>)>);

impl Visitor for Operations {
    fn visit<E: Documented>(&mut self, _: &'static str) {
        self.0.push((E::FAILURE, E::operations()));
    }
}

/// The description. Its server is where it lies itself, so that it holds below a stage and on any domain.
pub fn description() -> OpenApi {
    let (mut paths, mut components) = (Paths::new(), Components::new());
    components.schemas.insert(Error::name().into_owned(), Error::schema());
    let token = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The `access_token` that a login answers. It is good for ten minutes."));
    components.add_security_scheme(BEARER, SecurityScheme::Http(token.build()));
    let mut operations = Operations::default();
    endpoints::visit(&mut operations);
    operations.visit::<super::Docs>("docs");
    for (failure, operations) in operations.0 {
        for operation in operations {
            let (path, item, schemas) = operation.refuses(500, failure).build();
            components.schemas.extend(schemas);
            match paths.paths.get_mut(path) {
                Some(known) => known.merge_operations(item),
                None => drop(paths.paths.insert(path.to_owned(), item)),
            }
        }
    }
    let mut licence = License::new(env!("CARGO_PKG_LICENSE"));
    licence.identifier = Some(env!("CARGO_PKG_LICENSE").to_owned());
    let info = Info::builder()
        .title("Movie Theater API")
        .description(Some(ABOUT))
        .version(env!("CARGO_PKG_VERSION"))
        .license(Some(licence));
    let tag = |name, description: &str| TagBuilder::new().name(name).description(Some(description)).build();
    let mut description = OpenApi::new(info.build(), paths);
    description.components = Some(components);
    description.servers = Some(vec![Server::new(".")]);
    description.tags = Some(vec![
        tag("Accounts", "Who somebody is."),
        tag("Movies", "The catalogue. Reading is public, writing is for moderators."),
        tag("Pages", "For people with a browser."),
    ]);
    description
}
