//! Requests and responses as plain structures with their limits, for JSON and for the API's description. No
//! SQL.

pub mod accounts;
pub mod administration;
mod choices;
pub mod country_code;
mod cursor;
mod date;
mod email;
pub mod export;
mod group;
mod money;
pub mod movies;
mod names;
pub mod password;
pub mod profiles;
mod secret;
mod sort;
#[cfg(test)]
mod tests;
mod timestamp;
mod title_case;

pub use choices::{CountryChoices, NameChoices};
pub use country_code::CountryCode;
pub use cursor::{Cursor, Place, Value};
pub use email::EmailAddress;
pub use group::Group;
pub use money::Money;
pub use names::NameList;
pub use password::Password;
pub use secret::{MailedToken, Secret};
pub use sort::{Sort, SortKey};
pub use title_case::title_case;
