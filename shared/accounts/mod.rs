//! Accounts: authentication, authorization, rate limits, and tokens sent by mail.

pub mod bearer;
mod caller;
mod events;
mod group;
pub mod rate_limit;
pub mod reauthentication;
mod token_mail;
mod users;

pub use caller::{Caller, check_enabled};
use chrono::TimeDelta;
pub use events::find_events;
pub use group::NO_PERMISSION;
pub use token_mail::{Purpose, TokenMail};
pub use users::{ChangeOutcome, change_account, find_users};

use crate::{
    config::{self, ConfigError},
    http::{Method, Resource},
};

/// The account of the access token.
pub const ME: Resource = Resource::new("/api/v1/accounts/me/", &[Method::DELETE, Method::GET]);

/// The sessions of an account.
pub const SESSIONS: Resource = Resource::new("/api/v1/accounts/sessions/", &[Method::DELETE, Method::GET]);

/// One session of an account.
pub const SESSION: Resource = Resource::new("/api/v1/accounts/sessions/{session_id}/", &[Method::DELETE]);

/// Detail of the 403 for an account that is not active.
pub const NOT_ACTIVATED: &str = "User account is not activated.";

/// Detail of the 403 for an account that an administrator has disabled.
pub const DISABLED: &str = "User account is disabled.";

/// Detail of the 409 for the deletion of the only admin who is active and enabled.
pub const CANNOT_DELETE_LAST_ADMIN: &str = "The last admin cannot be deleted.";

/// Detail of the 409 for a change after which no admin would be active and enabled.
pub const CANNOT_DEMOTE_LAST_ADMIN: &str = "The last admin cannot be demoted or disabled.";

/// Detail of the 404 for an empty page of accounts.
pub const NO_USERS: &str = "No users found.";

/// Detail of the 404 for an empty page of the audit trail.
pub const NO_EVENTS: &str = "No events found.";

/// How long the activation token of a new account is valid.
pub const ACTIVATION_LIFETIME: TimeDelta = TimeDelta::hours(24);

/// Returns how long a password reset token is valid: `RESET_TOKEN_MINUTES` (default 60, from 1 to 10080).
/// Fails if the setting is outside this range.
pub fn reset_lifetime() -> Result<TimeDelta, ConfigError> {
    let minutes = config::parsed("RESET_TOKEN_MINUTES", 60)?;
    if !(1..=7 * 24 * 60).contains(&minutes) {
        return Err(ConfigError::new("RESET_TOKEN_MINUTES", "must be from 1 to 10080"));
    }
    Ok(TimeDelta::minutes(minutes))
}
