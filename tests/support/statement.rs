//! A statement, as it went to PostgreSQL and can go there again.

use serde::{Deserialize, Serialize};

/// A statement as it was executed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// The parameters, each as the OID of its type and the binary value; `None` for the simple protocol.
    pub parameters: Option<Vec<(u32, Option<Vec<u8>>)>>,
    /// Whether it was prepared under a name, to be executed again.
    pub is_prepared: bool,
}
