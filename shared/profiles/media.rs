//! URLs of pictures.

use super::pictures::key;
use crate::config::{self, ConfigError};

/// Where clients get pictures from.
pub struct MediaUrl(String);

impl MediaUrl {
    /// Reads `MEDIA_URL`, by default `/media` below `PUBLIC_URL`. Fails if neither is set, or if it is not an HTTP URL, or
    /// has a query or a fragment.
    pub fn start() -> Result<Self, ConfigError> {
        let below_public =
            || config::optional("PUBLIC_URL").map(|url| format!("{}/media", url.trim_end_matches('/')));
        let url = config::optional("MEDIA_URL").or_else(below_public);
        let url = url.ok_or_else(|| ConfigError::new("MEDIA_URL", "is not set, nor is PUBLIC_URL"))?;
        Ok(Self(config::base_url("MEDIA_URL", &url)?))
    }

    /// Returns the URL of a user's picture with this version.
    pub fn of(&self, user_id: i64, version: &str) -> String {
        format!("{}/{}?v={version}", self.0, key(user_id))
    }
}
