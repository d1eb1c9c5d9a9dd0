//! `GET /media/avatars/{file}?v=…`: serves the picture of a profile to those who know its version.

use shared::{
    Endpoint,
    config::ConfigError,
    database::Database,
    http::{Error, FileVersion, Request, Response, Route},
    openapi::{Documented, Operation, schema},
    profiles::{Pictures, VERSION_LENGTH, picture::MEDIA_TYPE},
    secrets::Secrets,
};
use sqlx::PgConnection;

/// How long a browser may keep a picture without asking again. Its URL changes with it.
const CACHE_CONTROL: &str = "private, max-age=300";

const NOT_FOUND: &str = "Picture not found.";

pub(crate) struct Media {
    database: Database,
    pictures: Pictures,
}

impl Endpoint for Media {
    const ROUTES: &'static [Route] = &[Route::get("/media/avatars/{file}/")];

    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let pictures = Pictures::start()?;
        Ok(Self { database: Database::start(secrets).await?, pictures })
    }

    async fn handle(&self, request: &Request) -> Result<Response, Error> {
        let file = request.path_value("file").unwrap_or_default();
        let Some((user_id, version)) = picture(&file, request.query_value("v")) else {
            return Err(not_found());
        };
        let is_named = async |connection: &mut PgConnection| {
            sqlx::query_scalar!(
                r#"SELECT EXISTS (SELECT FROM user_profiles WHERE user_id = $1 AND picture = $2) AS "is_named!""#,
                user_id,
                &version,
            )
            .fetch_one(connection)
            .await
        };
        if !self.database.read(is_named).await? {
            return Err(not_found());
        }
        let file = FileVersion::new(&version, CACHE_CONTROL)?;
        if let Some(response) = file.not_modified(request) {
            return Ok(response);
        }
        match self.pictures.get(user_id, &version).await.map_err(Error::internal)? {
            Some(picture) => Ok(file.respond(MEDIA_TYPE, picture)),
            None => {
                tracing::error!(user_id, "the storage does not have the picture of a profile");
                Err(not_found())
            }
        }
    }
}

/// Returns the user and the version of a picture with this file name and this parameter, or `None` if no picture can have
/// them.
fn picture(file: &str, version: Option<String>) -> Option<(i64, String)> {
    let id = file.strip_suffix("_avatar.jpg")?;
    let user_id = id.parse().ok().filter(|user_id: &i64| user_id.to_string() == id)?;
    let is_random = |version: &String| {
        let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        version.len() == VERSION_LENGTH && version.bytes().all(is_digit)
    };
    Some((user_id, version.filter(is_random)?))
}

fn not_found() -> Error {
    Error::not_found(NOT_FOUND)
}

impl Documented for Media {
    fn operations() -> Vec<Operation> {
        Operation::new(&Self::ROUTES[0], "picture")
            .summary(
                "Get a picture",
                "Returns the picture at the `avatar` of a profile. Anyone who has that URL may get it, until the picture \
                 is replaced or deleted.",
            )
            .path_parameter("file", schema::text("The user's id, and `_avatar.jpg`."))
            .query_parameter("v", schema::text("The version of the picture, which cannot be guessed."))
            .responds_with_file(MEDIA_TYPE, "The picture.")
            .error(404, NOT_FOUND)
            .into()
    }
}

fn main() -> Result<(), lambda_http::Error> {
    shared::serve::<Media>()
}
