//! Writes that must not overwrite another client's change
//! ([RFC 9110, section 13.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1)).

use headers::IfMatch;

use crate::models::movies::Movie;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode, entity_tag},
};

/// 412, for a movie that has another version.
pub const CHANGED: &str = "The movie has changed since you read it.";

/// The version of the movie that `If-Match` names by the detail's entity tag; `None` where any version may be
/// written, and then nothing is read.
///
/// Fails with 404 where the header meets no movie, and with 412 where the movie has changed.
pub async fn version_to_match(request: &Request, database: &Database, id: i64) -> Result<Option<i64>, Error> {
    let Some(wanted) = request.typed_header::<IfMatch>() else { return Ok(None) };
    let movie = database.read(async |connection| Movie::find(connection, id).await).await?;
    let movie = movie.ok_or_else(Movie::missing)?;
    let body = serde_json::to_vec(&movie).map_err(Error::internal)?;
    match wanted.precondition_passes(&entity_tag(&body)?) {
        true => Ok(Some(movie.version)),
        false => Err(changed()),
    }
}

/// Why a write met no movie: it is not there, or not any more in the version that was to be written.
pub fn not_matched(version: Option<i64>) -> Error {
    match version {
        None => Movie::missing(),
        Some(_) => changed(),
    }
}

fn changed() -> Error {
    Error::status(StatusCode::PRECONDITION_FAILED, CHANGED)
}
