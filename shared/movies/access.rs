//! Authorization of writes to the catalogue.

use crate::{
    config::{self, ConfigError},
    database::Database,
    http::{Error, Request},
    jwt::AccessKeys,
    models::Group,
    secrets::Secrets,
};

/// Who may create, update and delete movies.
pub enum WriteAccess {
    /// Every client, without a token.
    Open,
    /// Active users in the group `moderator` or `admin`, with an access token.
    Moderators(Box<AccessKeys>),
}

/// Who writes, for the audit trail.
#[derive(Clone, Copy)]
pub struct Writer<'a> {
    /// The user. `None` where every client may write.
    pub user_id: Option<i64>,
    /// The user agent.
    pub client: Option<&'a str>,
}

impl WriteAccess {
    /// Reads `MOVIE_WRITES` (`moderators`, the default, or `open`), and for moderators the keys of access
    /// tokens. Fails if a setting is invalid.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        match config::optional("MOVIE_WRITES").as_deref() {
            None | Some("moderators") => Ok(Self::Moderators(Box::new(AccessKeys::start(secrets).await?))),
            Some("open") => Ok(Self::Open),
            Some(_) => Err(ConfigError::new("MOVIE_WRITES", "must be moderators or open")),
        }
    }

    /// Authorizes a request to write movies. Fails as [`Group::require`] does.
    pub async fn authorize<'a>(
        &self,
        request: &'a Request,
        database: &Database,
    ) -> Result<Writer<'a>, Error> {
        let user_id = match self {
            Self::Open => None,
            Self::Moderators(keys) => Some(Group::Moderator.require(request, keys, database).await?),
        };
        Ok(Writer { user_id, client: request.user_agent() })
    }
}
