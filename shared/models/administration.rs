//! The administration of accounts: what admins send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Group, timestamp};
use crate::validation::{SearchText, enumeration, model};

enumeration! {
    /// Whether an account can be used.
    pub enum AccountState {
        /// Its address is confirmed, and it is not disabled.
        Active = "active",
        /// Its address is not confirmed, and it is not disabled.
        Inactive = "inactive",
        /// An admin has disabled it.
        Disabled = "disabled",
    }
}

enumeration! {
    /// What was done.
    pub enum EventAction {
        /// A new account.
        AccountRegistered = "account_registered",
        /// The mailed token has confirmed the address.
        AccountActivated = "account_activated",
        AccountDisabled = "account_disabled",
        AccountEnabled = "account_enabled",
        AccountDeleted = "account_deleted",
        /// With the old password.
        PasswordChanged = "password_changed",
        /// With a mailed token.
        PasswordReset = "password_reset",
        EmailChanged = "email_changed",
        GroupChanged = "group_changed",
        Login = "login",
        /// A wrong password, or an account that is not active or is disabled.
        LoginFailed = "login_failed",
        Logout = "logout",
        /// One session was ended.
        SessionEnded = "session_ended",
        /// Several sessions were ended at once.
        SessionsEnded = "sessions_ended",
        /// A refresh token was used again after its replacement, and its session has ended.
        RefreshTokenReused = "refresh_token_reused",
        MovieCreated = "movie_created",
        MovieReplaced = "movie_replaced",
        MovieUpdated = "movie_updated",
        MovieDeleted = "movie_deleted",
        /// A catalogue was imported.
        MoviesImported = "movies_imported",
        /// A genre, actor, language or country was renamed.
        NamesRenamed = "names_renamed",
        /// Two genres, actors, languages or countries were merged.
        NamesMerged = "names_merged",
        /// Genres, actors, languages or countries without movies were deleted.
        NamesRemoved = "names_removed",
        /// A database of the original service was taken over.
        DatabaseAdopted = "database_adopted",
    }
}

model! {
    /// Which accounts.
    pub struct UserQuery, draft UserQueryDraft {
        /// The number of the page.
        #[validate(range(min = 1))]
        pub page: i64 = 1,
        /// How many accounts a page has.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
        /// A part of the address, in upper or lower case.
        #[validate(length(min = 1, max = 254))]
        pub q: Option<SearchText>,
        pub group: Option<Group>,
        pub state: Option<AccountState>,
    }
}

model! {
    /// Which account.
    pub struct UserId, draft UserIdDraft {
        /// The account's id. One that no row can have is an id without an account.
        pub user_id: i64,
    }
}

model! {
    /// What an admin changes in an account.
    pub struct AccountChange, draft AccountChangeDraft {
        /// The new group.
        pub group: Option<Group>,
        /// Whether the account must not be used.
        pub is_disabled: Option<bool>,
    }
}

model! {
    /// Which events.
    pub struct EventQuery, draft EventQueryDraft {
        /// The number of the page.
        #[validate(range(min = 1))]
        pub page: i64 = 1,
        /// How many events a page has.
        #[validate(range(min = 1, max = 20))]
        pub per_page: i64 = 10,
        /// The account that they are about.
        pub user_id: Option<i64>,
    }
}

/// An account, as admins see it.
#[derive(Serialize, JsonSchema)]
pub struct ManagedUser {
    pub id: i64,
    pub email: String,
    pub group: Group,
    /// Whether the address is confirmed.
    pub is_active: bool,
    /// Whether an admin has disabled the account.
    pub is_disabled: bool,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
}

/// A page of accounts.
#[derive(Serialize, JsonSchema)]
pub struct UserPage {
    /// The newest first.
    pub users: Vec<ManagedUser>,
    /// The path and query of the page before, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the page after.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// How many accounts match.
    pub total_items: i64,
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub id: i64,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub at: DateTime<Utc>,
    pub action: EventAction,
    /// The user who did it. Null if that is not known: before a login, by an operator, for an account that was not activated in
    /// time, and for movies that every client may change.
    pub actor_id: Option<i64>,
    /// The account that it was done to. Null for the catalogue.
    pub user_id: Option<i64>,
    /// The user agent of the request. Null if it has none, for operators, and once the account is deleted.
    #[schemars(length(max = 255))]
    pub client: Option<String>,
}

/// A page of the audit trail.
#[derive(Serialize, JsonSchema)]
pub struct EventPage {
    /// The newest first.
    pub events: Vec<Event>,
    /// The path and query of the page before, below `/api/v1`.
    pub prev_page: Option<String>,
    /// The path and query of the page after.
    pub next_page: Option<String>,
    pub total_pages: i64,
    /// How many events there are, or are about the account.
    pub total_items: i64,
}
