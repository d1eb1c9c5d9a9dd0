//! The export of an account: all that is stored of it, but for hashes and tokens.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Group, accounts::Session, administration::Event, profiles::Profile, timestamp};

/// All that is stored of an account, but for hashes and tokens.
#[derive(Serialize, JsonSchema)]
pub struct AccountExport {
    pub account: ExportedAccount,
    /// Null if there is none.
    pub profile: Option<Profile>,
    /// The newest first, expired ones included.
    pub sessions: Vec<Session>,
    /// The networks from which the account has logged in or set a new password, the last used first. What is stored of a
    /// network is a digest.
    pub known_networks: Vec<KnownNetwork>,
    /// The mailed tokens that have not been used.
    pub mailed_tokens: Vec<UnusedToken>,
    /// The mails of the last days to the account's own address, the newest first, at most 1,000.
    pub mails: Vec<ExportedMail>,
    /// What was done by the account or to it, the newest first, at most 10,000 events. The user agents of other users are
    /// null.
    pub events: Vec<Event>,
}

/// The account itself.
#[derive(Serialize, JsonSchema)]
pub struct ExportedAccount {
    pub id: i64,
    pub email: String,
    pub group: Group,
    pub is_active: bool,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub updated_at: DateTime<Utc>,
    /// Access tokens without a session that were issued earlier are invalid; null if none is.
    #[serde(serialize_with = "timestamp::serialize_optional")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub tokens_valid_from: Option<DateTime<Utc>>,
}

/// A network from which the account has logged in or set a new password.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct KnownNetwork {
    /// The last login, or new password, from there.
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub last_login_at: DateTime<Utc>,
}

/// A mailed token that has not been used, without the token.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnusedToken {
    /// `activation`, `password_reset` or `email_change`.
    pub purpose: String,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub expires_at: DateTime<Utc>,
    /// The new address, of a change of address.
    pub email: Option<String>,
}

/// A mail, without its text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExportedMail {
    pub kind: String,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp::serialize_optional")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub sent_at: Option<DateTime<Utc>>,
    #[serde(serialize_with = "timestamp::serialize_optional")]
    #[schemars(with = "Option<DateTime<Utc>>")]
    pub given_up_at: Option<DateTime<Utc>>,
}
