//! Profiles of users, with pictures.

mod fields;
mod media;
pub mod picture;
mod pictures;
mod store;
pub mod sweep;

pub use fields::Fields;
pub use media::MediaUrl;
pub use pictures::{Pictures, VERSION_LENGTH};
pub use store::{StoredProfile, create, delete, find, update};

use crate::http::{Error, Method, Resource};

/// The profile of a user.
pub const PROFILE: Resource = Resource::new(
    "/api/v1/profiles/users/{user_id}/profile/",
    &[Method::DELETE, Method::GET, Method::PATCH, Method::POST],
);

/// Detail of the 403 for a user who is neither the profile's owner nor a moderator or admin.
pub const NOT_ALLOWED: &str = "You don't have permission to edit this profile.";

/// Detail of the 401 for a profile of a user who is not there or must not use the account.
pub const NO_ACTIVE_USER: &str = "User not found or not active.";

/// Detail of the 400 for a second profile of a user.
pub const ALREADY_EXISTS: &str = "User already has a profile.";

/// Detail of the 404 for a user without a profile.
pub const NOT_FOUND: &str = "Profile not found.";

/// Detail of the 500 for a picture that cannot be stored.
pub const UPLOAD_FAILED: &str = "Failed to upload avatar. Please try again later.";

/// Returns the 404 for a user without a profile.
pub fn not_found() -> Error {
    Error::not_found(NOT_FOUND)
}
