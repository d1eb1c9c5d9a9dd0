//! The description of the whole API, from what its endpoints say of themselves.

use shared::openapi::{BEARER, Documented, schema::Error};
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

/// Files of endpoints as modules, and what they say.
macro_rules! endpoints {
    ($($module:ident::$endpoint:ident = $path:literal,)*) => {
        $(#[path = $path] #[allow(dead_code, reason = "only what it says of itself is used")] mod $module;)*

        fn operations() -> Vec<(&'static str, Vec<shared::openapi::Operation>)> {
            vec![$(described::<$module::$endpoint>(),)* described::<super::Docs>()]
        }
    };
}

endpoints! {
    register::Register = "../../accounts/register.rs",
    activate::Activate = "../../accounts/activate.rs",
    activate_resend::ResendActivation = "../../accounts/activate_resend.rs",
    login::Login = "../../accounts/login.rs",
    refresh::Refresh = "../../accounts/refresh.rs",
    logout::Logout = "../../accounts/logout.rs",
    me::Me = "../../accounts/me.rs",
    password_reset_request::RequestPasswordReset = "../../accounts/password_reset_request.rs",
    password_reset_complete::CompletePasswordReset = "../../accounts/password_reset_complete.rs",
    list::ListMovies = "../../movies/list.rs",
    get::GetMovie = "../../movies/get.rs",
    create::CreateMovie = "../../movies/create.rs",
    update::UpdateMovie = "../../movies/update.rs",
    delete::DeleteMovie = "../../movies/delete.rs",
    genres::ListGenres = "../../movies/genres.rs",
    pages::Pages = "../pages/main.rs",
}

fn described<E: Documented>() -> (&'static str, Vec<shared::openapi::Operation>) {
    (E::FAILURE, E::operations())
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
    for (failure, operations) in operations() {
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
