//! From untrusted JSON to a model, with every fault in it at once.
//!
//! A [`Model`] is a structure whose fields are read one by one, each by its type ([`Field`]), and then validated by its
//! `#[validate(…)]` attributes ([validator](https://docs.rs/validator)). Both say what is wrong as [`Fault`]s, which
//! come in the order of the fields.

mod date;
mod enumeration;
mod fault;
mod field;
mod integer;
mod model;
mod number;
mod patch;
mod repeated;
mod rules;
#[cfg(test)]
pub mod testing;
mod text;

pub use enumeration::enumeration;
pub use fault::{Fault, MAX_FAULTS};
pub use field::{Field, string};
pub use model::{FromObject, Model, Object, model};
pub use number::{NumericText, finite};
pub use patch::{Patch, Patchable};
pub use repeated::{MASK, Repeated, is_secret};
pub use rules::{only_fault, pattern_violated, violated};
pub use text::{Text, Trimmed, is_blank, nfc};
