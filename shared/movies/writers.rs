//! Who may change the catalogue.

use crate::{
    config::{self, ConfigError},
    database::Database,
    http::{Error, Request},
    jwt::AccessKeys,
    models::Group,
    secrets::Secrets,
};

/// Those who may create, change and delete movies.
pub enum Writers {
    /// Everybody, without a token.
    Anybody,
    /// Active users in the group `moderator` or `admin`, by their access tokens.
    Moderators(Box<AccessKeys>),
}

impl Writers {
    /// Reads `MOVIE_WRITES` (`moderators`, the default, or `open`), and for moderators the keys of access tokens.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        match config::optional("MOVIE_WRITES").as_deref() {
            None | Some("moderators") => Ok(Self::Moderators(Box::new(AccessKeys::start(secrets).await?))),
            Some("open") => Ok(Self::Anybody),
            Some(_) => Err(ConfigError::new("MOVIE_WRITES", "must be moderators or open")),
        }
    }

    /// Authorizes a request to write movies. Fails as [`Group::require`] does.
    pub async fn authorize(&self, request: &Request, database: &Database) -> Result<(), Error> {
        match self {
            Self::Anybody => Ok(()),
            Self::Moderators(keys) => Group::Moderator.require(request, keys, database).await.map(|_| ()),
        }
    }
}
