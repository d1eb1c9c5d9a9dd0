//! Accounts: who somebody is, and how it is proved.

pub mod bearer;
mod group;
pub mod rate_limit;
mod token_mail;

use chrono::TimeDelta;
pub use group::NO_PERMISSION;
pub use token_mail::{Purpose, TokenMail};

use crate::config::{self, ConfigError};

/// 403, for an account that is not active.
pub const NOT_ACTIVATED: &str = "User account is not activated.";

/// How long a new account can be activated with the token that was mailed.
pub const ACTIVATION_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// How long a token for choosing a new password is good: `RESET_TOKEN_MINUTES` (60).
pub fn reset_lifetime() -> Result<TimeDelta, ConfigError> {
    let minutes = config::parsed("RESET_TOKEN_MINUTES", 60)?;
    if !(1..=7 * 24 * 60).contains(&minutes) {
        return Err(ConfigError::new("RESET_TOKEN_MINUTES", "must be from 1 to 10080"));
    }
    Ok(TimeDelta::minutes(minutes))
}
