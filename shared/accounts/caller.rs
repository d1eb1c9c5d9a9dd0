//! Who sends a request: by its access token, and by what the database says of the user now.

use super::{bearer, group::NO_PERMISSION};
use crate::{
    database::Database,
    http::{Error, Request, StatusCode},
    jwt::{AccessKeys, TokenError},
    models::Group,
};

/// The user that sends a request, who is active and not disabled.
pub struct Caller {
    /// The user's id.
    pub user_id: i64,
    /// The session of the access token; `None` where it names none.
    pub session_id: Option<i64>,
    /// The user's group, as of now.
    pub group: Group,
}

impl Caller {
    /// Authenticates a request by its access token. One round trip.
    ///
    /// Fails with 401 without a good token of a user who exists and of a session that has not ended, and with 403 for a
    /// user who is not active or is disabled.
    pub async fn authenticate(
        request: &Request,
        keys: &AccessKeys,
        database: &Database,
    ) -> Result<Self, Error> {
        let claims = bearer::claims(request, keys).await?;
        let authenticate = async |connection: &mut sqlx::PgConnection| {
            sqlx::query!(
                r#"
                SELECT is_active AND NOT is_disabled AS "is_enabled!", group_name AS "group!: Group",
                       CASE WHEN last_used_at < now() - interval '1 minute' THEN use_session($2) END AS used
                FROM token_user($1, $2, $3)
                "#,
                claims.user_id,
                claims.session_id,
                claims.issued_at,
            )
            .fetch_optional(connection)
            .await
        };
        let user = database.read(authenticate).await?;
        let user = user.ok_or(Error::Unauthorized(TokenError::Invalid.detail()))?;
        check_enabled(user.is_enabled)?;
        Ok(Self { user_id: claims.user_id, session_id: claims.session_id, group: user.group })
    }
}

/// Fails with 403 unless the user may use the account.
pub fn check_enabled(is_enabled: bool) -> Result<(), Error> {
    if is_enabled { Ok(()) } else { Err(Error::status(StatusCode::FORBIDDEN, NO_PERMISSION)) }
}
