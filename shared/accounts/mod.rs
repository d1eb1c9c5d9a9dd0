//! Accounts: who somebody is, and how it is proved.

pub mod bearer;
mod group;
pub mod jwt;
pub mod password;
mod pseudonym;
pub mod rate_limit;
mod token;

pub use group::Group;
pub use pseudonym::pseudonym;
use time::Duration;
pub use token::{MailedToken, Secret, Token, digest};

use crate::config::{self, ConfigError};

/// How long a new account can be activated with the token that was mailed.
pub const ACTIVATION_LIFETIME: Duration = Duration::hours(24);

/// How long a token for choosing a new password is good: `RESET_TOKEN_MINUTES` (60).
pub fn reset_lifetime() -> Result<Duration, ConfigError> {
    let minutes = config::parsed("RESET_TOKEN_MINUTES", 60)?;
    if !(1..=7 * 24 * 60).contains(&minutes) {
        return Err(ConfigError::new("RESET_TOKEN_MINUTES", "must be from 1 to 10080"));
    }
    Ok(Duration::minutes(minutes))
}
