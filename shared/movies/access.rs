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
    pub async fn authorize(&self, request: &Request, database: &Database) -> Result<(), Error> {
        match self {
            Self::Open => Ok(()),
            Self::Moderators(keys) => Group::Moderator.require(request, keys, database).await.map(|_| ()),
        }
    }
}
