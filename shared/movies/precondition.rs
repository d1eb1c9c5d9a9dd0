//! Conditional writes, which do not overwrite another client's change
//! ([RFC 9110, section 13.1.1](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1)).

use headers::IfMatch;

use crate::models::movies::Movie;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode, entity_tag},
};

/// Detail of the 412 for a movie that has changed.
pub const CHANGED: &str = "The movie has changed since you read it.";

/// Returns the version of the movie whose entity tag `If-Match` names. Returns `None` without reading the
/// movie if the request has no `If-Match`; then any version may be written.
///
/// Fails with 404 if the movie does not exist, and with 412 if it has changed.
pub async fn version_to_match(request: &Request, database: &Database, id: i64) -> Result<Option<i64>, Error> {
    let Some(wanted) = request.typed_header::<IfMatch>() else { return Ok(None) };
    let movie = database.read(async |connection| Movie::find(connection, id).await).await?;
    let movie = movie.ok_or_else(Movie::missing)?;
    let body = serde_json::to_vec(&movie).map_err(Error::internal)?;
    if wanted.precondition_passes(&entity_tag(&body)?) { Ok(Some(movie.version)) } else { Err(changed()) }
}

/// Returns the error for a write that matched no row: 412 if `version` was required, otherwise 404.
pub fn not_matched(version: Option<i64>) -> Error {
    match version {
        None => Movie::missing(),
        Some(_) => changed(),
    }
}

fn changed() -> Error {
    Error::status(StatusCode::PRECONDITION_FAILED, CHANGED)
}
