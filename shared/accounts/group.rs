//! The groups of users, and who may do what.

use super::Caller;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode},
    jwt::AccessKeys,
    models::Group,
};

/// 403, for a user who may not do what the request asks for.
pub const NO_PERMISSION: &str = "You do not have permission to perform this action.";

impl Group {
    /// Lets the request pass if its access token is that of an active user in this group or a better one, and
    /// answers the user's id. What counts is what the database says now, not when the token was made. One
    /// round trip.
    ///
    /// Fails as [`Caller::authenticate`] does, and with 403 for a user of another group.
    pub async fn require(
        self,
        request: &Request,
        keys: &AccessKeys,
        database: &Database,
    ) -> Result<i64, Error> {
        let caller = Caller::authenticate(request, keys, database).await?;
        match caller.group >= self {
            true => Ok(caller.user_id),
            false => Err(Error::refused(StatusCode::FORBIDDEN, NO_PERMISSION)),
        }
    }
}
