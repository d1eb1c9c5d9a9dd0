//! Reads untrusted JSON into a model, and reports every fault at once.
//!
//! A [`Model`] is a structure. Each field is first read by its type ([`Field`]) and then validated by its
//! `#[validate(…)]` attributes ([validator](https://docs.rs/validator)). Both report [`Fault`]s, in the order
//! of the fields.

mod boolean;
mod date;
mod echoed_input;
mod enumeration;
mod fault;
mod field;
mod form;
mod integer;
mod model;
mod number;
mod patch;
mod rules;
#[cfg(test)]
pub mod testing;
mod text;

pub use echoed_input::{EchoedInput, MASK, is_secret};
pub use enumeration::enumeration;
pub use fault::{Fault, MAX_FAULTS};
pub use field::{Field, string};
pub use form::FileName;
pub use model::{FromObject, Model, Object, model};
pub use number::{NumericText, finite, number_text};
pub use patch::{Patch, Patchable};
pub use rules::{only_fault, pattern_violated, violated};
pub use text::{SearchText, Text, Trimmed, is_blank, nfc, searchable};
