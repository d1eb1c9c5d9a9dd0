//! User groups.

use crate::validation::enumeration;

enumeration! {
    /// A group of users; each may do what the ones before it may.
    pub enum Group {
        /// Reads.
        User = "user",
        /// Also writes movies.
        Moderator = "moderator",
        /// Everything.
        Admin = "admin",
    }
}
