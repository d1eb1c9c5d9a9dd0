//! Profiles: what clients send and read.

#![expect(missing_docs, reason = "comments here go into the description of the API")]

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    json::Json,
    validation::{Fault, Field, FileName, Patchable, Text, enumeration, model, string},
};

/// The longest first or last name, in characters.
pub const MAX_NAME: usize = 100;

/// The longest text of a profile, in characters. So a response with it, in which a character may have seven bytes, is
/// not too large for Lambda.
pub const MAX_INFO: u64 = 100_000;

enumeration! {
    /// The gender in a profile.
    pub enum Gender {
        /// A man.
        Man = "man",
        /// A woman.
        Woman = "woman",
    }
}

model! {
    /// A profile that does not exist yet, as a form.
    pub struct NewProfile, draft NewProfileDraft {
        /// Letters from A to Z, in any case; stored in lower case.
        #[schemars(with = "String", length(max = MAX_NAME), regex(pattern = "^[A-Za-z]+$"))]
        pub first_name: Unchecked,
        /// Letters from A to Z, in any case; stored in lower case.
        #[schemars(with = "String", length(max = MAX_NAME), regex(pattern = "^[A-Za-z]+$"))]
        pub last_name: Unchecked,
        /// `man` or `woman`.
        #[schemars(with = "Gender")]
        pub gender: Unchecked,
        /// From 1900 on, at least 18 years ago.
        pub date_of_birth: NaiveDate,
        /// Anything else; blanks around it do not count.
        #[validate(length(max = MAX_INFO))]
        #[schemars(length(max = MAX_INFO), regex(pattern = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"))]
        pub info: Text,
        /// A picture, JPEG or PNG, of at most 1,048,576 bytes and 16 million pixels.
        pub avatar: FileName,
    }
}

impl NewProfile {
    /// Returns a form and its path for the API's description.
    pub fn example() -> Value {
        json!({
            "user_id": 1, "first_name": "Ann", "last_name": "Smith", "gender": "woman",
            "date_of_birth": "1990-05-17", "info": "Likes heist movies.", "avatar": "face.png",
        })
    }
}

impl Patchable for NewProfile {
    const PATCH_NAME: &'static str = "ProfilePatch";
    const FIXED: &'static [&'static str] = &[];
}

impl From<NewProfile> for NewProfileDraft {
    fn from(profile: NewProfile) -> Self {
        Self {
            first_name: Some(profile.first_name),
            last_name: Some(profile.last_name),
            gender: Some(profile.gender),
            date_of_birth: Some(profile.date_of_birth),
            info: Some(profile.info),
            avatar: Some(profile.avatar),
        }
    }
}

/// A text whose rules apply once the form is complete.
#[derive(Serialize)]
#[serde(transparent)]
pub struct Unchecked(pub String);

impl Field for Unchecked {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        string(value).map(|text| Self(text.to_owned()))
    }
}

model! {
    /// Whose profile.
    pub struct ProfileUser, draft ProfileUserDraft {
        /// The user's id. One that no row can have is an id without a profile.
        pub user_id: i64,
    }
}

/// A profile. One that was taken over from the original service may lack values; then they are null.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    pub id: i64,
    pub user_id: i64,
    /// In lower case.
    pub first_name: Option<String>,
    /// In lower case.
    pub last_name: Option<String>,
    #[schemars(with = "Option<String>")]
    pub gender: Option<Gender>,
    pub date_of_birth: Option<NaiveDate>,
    pub info: Option<String>,
    /// The URL of the picture, which works without a token and changes with the picture; null where there is none.
    pub avatar: Option<String>,
}

impl Profile {
    /// Returns a profile for the API's description.
    pub fn example() -> Value {
        json!({
            "id": 1, "user_id": 1, "first_name": "ann", "last_name": "smith", "gender": "woman",
            "date_of_birth": "1990-05-17", "info": "Likes heist movies.",
            "avatar": "https://movies.example.com/media/avatars/1_avatar.jpg?v=R4Wk6Bp2vX0QeJ8mZtY1sLhN3cGfUaD5oKiTqPzVxHw",
        })
    }
}
