//! A recorded statement, which can be executed again.

use serde::{Deserialize, Serialize};

/// An executed statement.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// The parameters, each as the OID of its type and the binary value; `None` for the simple protocol.
    pub parameters: Option<Vec<(u32, Option<Vec<u8>>)>>,
    /// Whether it was prepared under a name, for repeated execution.
    pub is_prepared: bool,
}
