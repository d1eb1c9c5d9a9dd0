//! Authorization by the group of a user.

use sqlx::PgConnection;

use super::bearer;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode},
    jwt::{AccessKeys, TokenError},
    models::Group,
};

/// Detail of the 403 for a user whose group may not do what the request asks for.
pub const NO_PERMISSION: &str = "You do not have permission to perform this action.";

impl Group {
    /// Authorizes the request for active users in this group or a higher one, and returns the user's id.
    /// Group and status are read from the database, so a change applies from the next request on. One round
    /// trip.
    ///
    /// Fails with 401 if the token is invalid or its user does not exist, and with 403 if the user is not
    /// active or in a lower group.
    pub async fn require(
        self,
        request: &Request,
        keys: &AccessKeys,
        database: &Database,
    ) -> Result<i64, Error> {
        let user_id = bearer::user_id(request, keys).await?;
        match database.read(async |connection| active_and_group(connection, user_id).await).await? {
            None => Err(Error::Unauthorized(TokenError::Invalid.detail())),
            Some((true, group)) if group >= self => Ok(user_id),
            Some(_) => Err(Error::status(StatusCode::FORBIDDEN, NO_PERMISSION)),
        }
    }
}

/// Returns whether the user is active, and the user's group. Returns `None` for an unknown id.
async fn active_and_group(
    connection: &mut PgConnection,
    user_id: i64,
) -> sqlx::Result<Option<(bool, Group)>> {
    let row = sqlx::query!(
        r#"
        SELECT is_active, user_groups.name::text AS "group!: Group"
        FROM users JOIN user_groups ON user_groups.id = group_id
        WHERE users.id = $1
        "#,
        user_id,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| (row.is_active, row.group)))
}
