//! Accounts: who somebody is, and how it is proved.

pub mod attempts;
pub mod jwt;
pub mod password;
mod token;

pub use token::{Secret, Token, digest};
