//! Accounts: what clients send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::{EmailAddress, Group, MailedToken, Password, Secret, password, timestamp};
use crate::validation::model;

model! {
    /// A new account.
    pub struct Registration, draft RegistrationDraft {
        pub email: EmailAddress,
        /// At least one upper-case and one lower-case letter from A to Z, a digit, and one of `@ $ ! % * ? # &`.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub password: Password,
    }
}

model! {
    /// An activation of an account, with the mailed token.
    pub struct Activation, draft ActivationDraft {
        pub email: EmailAddress,
        /// The token of the mail; blanks around it do not count.
        pub token: MailedToken,
    }
}

model! {
    /// A request for another activation token.
    pub struct ActivationResend, draft ActivationResendDraft {
        pub email: EmailAddress,
    }
}

model! {
    /// A request for a password reset token.
    pub struct PasswordResetRequest, draft PasswordResetRequestDraft {
        pub email: EmailAddress,
    }
}

model! {
    /// A new password, with the mailed token.
    pub struct PasswordReset, draft PasswordResetDraft {
        pub email: EmailAddress,
        /// At least one upper-case and one lower-case letter from A to Z, a digit, and one of `@ $ ! % * ? # &`.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub password: Password,
        /// The token of the mail; blanks around it do not count.
        pub token: MailedToken,
    }
}

model! {
    /// The credentials of a login.
    pub struct Credentials, draft CredentialsDraft {
        pub email: EmailAddress,
        pub password: Secret,
    }
}

model! {
    /// The refresh token of a session.
    pub struct RefreshToken, draft RefreshTokenDraft {
        pub refresh_token: Secret,
    }
}

/// A new account.
#[derive(Serialize, JsonSchema)]
pub struct Account {
    pub id: i64,
    /// The normalised address.
    pub email: String,
}

/// The tokens of a new session.
#[derive(Serialize, JsonSchema)]
pub struct Tokens {
    /// Goes into the `Authorization` header, after `Bearer `.
    pub access_token: String,
    /// For requesting new access tokens.
    pub refresh_token: String,
    pub token_type: &'static str,
}

/// A new access token.
#[derive(Serialize, JsonSchema)]
pub struct AccessToken {
    /// Goes into the `Authorization` header, after `Bearer `.
    pub access_token: String,
    pub token_type: &'static str,
}

/// An account, as its user sees it.
#[derive(Serialize, JsonSchema)]
pub struct User {
    pub id: i64,
    pub email: String,
    pub group: Group,
    pub is_active: bool,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
}
