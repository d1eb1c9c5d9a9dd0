//! Builds the OpenAPI description of the whole API from its endpoints.

#[path = "../../endpoints.rs"]
mod endpoints;

use std::collections::BTreeMap;

use endpoints::EndpointVisitor;
use serde_json::{Map, Value, json};
use shared::openapi::{BEARER, Documented, Operation, schema};

const ABOUT: &str = "\
Accounts and a catalogue of movies.

Every path is answered with and without the slash at its end. Errors are `{\"detail\": \"<sentence>\"}`; input that \
does not validate gets 422 with every fault at once, at most a hundred (for profiles, some one at a time). A path that \
does not exist answers 404, a wrong method 405 with `Allow`, and GET also stands for HEAD. The gateway itself can \
refuse with 403, 413, 429, 502 and 504, in the same shape.

To try what needs a token: register, activate the account with the token of the mail, log in, and put the access \
token into Authorize.";

/// The operations of the endpoints, each with the message of its internal errors.
#[derive(Default)]
struct Operations(Vec<(&'static str, Vec<Operation>)>);

impl EndpointVisitor for Operations {
    fn visit<E: Documented>(&mut self, _: &'static str) {
        self.0.push((E::INTERNAL_ERROR, E::operations()));
    }
}

/// Returns the description. Its server URL is relative to the file, so that it works below a stage and on any domain.
pub fn description() -> Value {
    let mut operations = Operations::default();
    endpoints::visit(&mut operations);
    operations.visit::<super::Docs>("docs");
    let mut paths = BTreeMap::<_, Map<String, Value>>::new();
    let mut schemas: BTreeMap<_, _> = schema::common().into_iter().collect();
    for (failure, operations) in operations.0 {
        for operation in operations {
            let item = operation.error(500, failure).build();
            schemas.extend(item.schemas);
            paths.entry(item.path).or_default().insert(item.method, item.operation);
        }
    }
    let license = env!("CARGO_PKG_LICENSE");
    let token = json!({
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The `access_token` of a login. It expires after ten minutes.",
    });
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Movie Theater API",
            "description": ABOUT,
            "license": { "name": license, "identifier": license },
            "version": env!("CARGO_PKG_VERSION"),
        },
        "servers": [{ "url": "." }],
        "paths": paths,
        "components": { "schemas": schemas, "securitySchemes": { BEARER: token } },
        "tags": [
            { "name": "Accounts", "description": "Registration, login and tokens." },
            { "name": "Movies", "description": "The catalogue. Reading is public, writing is for moderators." },
            { "name": "Profiles", "description": "Users in their own words, with pictures." },
            { "name": "Pages", "description": "For people with a browser." },
        ],
    })
}
