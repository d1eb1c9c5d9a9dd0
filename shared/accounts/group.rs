//! The groups of users, and who may do what.

use sqlx::PgConnection;

use super::bearer;
use crate::{
    database::Database,
    http::{Error, Request, StatusCode},
    jwt::{AccessKeys, TokenError},
    models::Group,
};

/// 403, for a user who may not do what the request asks for.
pub const NO_PERMISSION: &str = "You do not have permission to perform this action.";

impl Group {
    /// Lets the request pass if its access token is that of an active user in this group or a better one, and
    /// answers the user's id. What counts is what the database says now, not when the token was made. One
    /// round trip.
    ///
    /// Fails with 401 without a good token of a user that exists, and with 403 for one who may not.
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

/// Whether the user is active, and his or her group.
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
