//! Authorization by the group of a user.

use super::Caller;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode},
    jwt::AccessKeys,
    models::Group,
};

/// Detail of the 403 for a user whose group may not do what the request asks for.
pub const NO_PERMISSION: &str = "You do not have permission to perform this action.";

impl Group {
    /// Authorizes the request for active users in this group or a higher one, and returns the user's id.
    /// Group and status are read from the database, so a change applies from the next request on. One round
    /// trip.
    ///
    /// Fails as [`Caller::authenticate`] does, and with 403 if the user is in a lower group.
    pub async fn require(
        self,
        request: &Request,
        keys: &AccessKeys,
        database: &Database,
    ) -> Result<i64, Error> {
        let caller = Caller::authenticate(request, keys, database).await?;
        if caller.group >= self {
            Ok(caller.user_id)
        } else {
            Err(Error::status(StatusCode::FORBIDDEN, NO_PERMISSION))
        }
    }
}
