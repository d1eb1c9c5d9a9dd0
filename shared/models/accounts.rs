//! Accounts: what clients send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{EmailAddress, Group, MailedToken, Password, Secret, password, timestamp};
use crate::{
    json::Json,
    validation::{EchoedInput, Fault, model},
};

model! {
    /// A new account.
    pub struct Registration, draft RegistrationDraft {
        pub email: EmailAddress,
        /// At least one upper-case and one lower-case letter from A to Z, a digit, and one of `@ $ ! % * ? # &`; no
        /// common password, and not the address.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub password: Password,
    }
    rule(draft) = password::password_is_not_email(&draft.password, &draft.email);
}

model! {
    /// An activation of an account, with the mailed token.
    pub struct Activation, draft ActivationDraft {
        pub email: EmailAddress,
        /// The token of the mail; blanks around it do not count.
        pub token: MailedToken,
        /// Replaces the password of the registration, and follows the same rules.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub password: Option<Password>,
    }
    rule(draft) = {
        let password = draft.password.as_ref()?;
        password::password_is_not_email(password, &draft.email)
    };
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
        /// At least one upper-case and one lower-case letter from A to Z, a digit, and one of `@ $ ! % * ? # &`; no
        /// common password, and not the address.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub password: Password,
        /// The token of the mail; blanks around it do not count.
        pub token: MailedToken,
    }
    rule(draft) = password::password_is_not_email(&draft.password, &draft.email);
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

model! {
    /// A new password, with the old one.
    pub struct PasswordChange, draft PasswordChangeDraft {
        pub old_password: Secret,
        /// At least one upper-case and one lower-case letter from A to Z, a digit, and one of `@ $ ! % * ? # &`; no
        /// common password, and not the address.
        #[validate(custom(function = "password::follows_rules"))]
        #[schemars(length(min = password::MIN_LENGTH, max = password::MAX_LENGTH), regex(pattern = r"^[^\x00]*$"))]
        pub new_password: Password,
    }
}

impl PasswordChange {
    /// Returns what is wrong with the new password for an account with this address.
    pub fn address_fault(&self, address: &str) -> Option<Fault> {
        let broken = password::is_not_address(&self.new_password, address).err()?;
        let fault = Fault::value_error(broken.message.as_deref().unwrap_or_default());
        Some(fault.located(&["body", "new_password"], || EchoedInput::of(&Json::Null)).of_secret())
    }
}

model! {
    /// The proof that the owner deletes an account.
    pub struct AccountDeletion, draft AccountDeletionDraft {
        /// The password of the account.
        pub password: Secret,
    }
}

model! {
    /// Another address for an account.
    pub struct EmailChangeRequest, draft EmailChangeRequestDraft {
        /// The new address.
        pub email: EmailAddress,
        /// The password of the account.
        pub password: Secret,
    }
}

model! {
    /// The proof that a new address belongs to the account's user.
    pub struct EmailChange, draft EmailChangeDraft {
        /// The token of the mail; blanks around it do not count.
        pub token: MailedToken,
    }
}

model! {
    /// Which session.
    pub struct SessionId, draft SessionIdDraft {
        /// The session's id. One that no row can have is an id without a session.
        pub session_id: i64,
    }
}

/// A new account.
#[derive(Serialize, JsonSchema)]
pub struct Account {
    pub id: i64,
    /// The normalized address.
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
    /// Replaces the refresh token, where refresh tokens are replaced when they are used.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("type" = "string"))]
    pub refresh_token: Option<String>,
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

/// The sessions of an account.
#[derive(Serialize, JsonSchema)]
pub struct Sessions {
    /// The newest first.
    pub sessions: Vec<Session>,
}

/// Where an account is signed in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    pub id: i64,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub created_at: DateTime<Utc>,
    /// The last request with a token of the session, to the minute.
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub last_used_at: DateTime<Utc>,
    #[serde(serialize_with = "timestamp::serialize")]
    #[schemars(with = "DateTime<Utc>")]
    pub expires_at: DateTime<Utc>,
    /// The user agent that logged in, as it names itself; null where it does not.
    #[schemars(length(max = 255))]
    pub client: Option<String>,
    /// Whether the access token of this request belongs to it.
    pub is_current: bool,
}
