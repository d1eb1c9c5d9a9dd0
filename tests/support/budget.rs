//! What a function may cost at most, apart from time: what `infra/budget.json` allows.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The limits that every build is held to.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Of an executable without symbols.
    pub executable_bytes: u64,
    /// Of the zip file that is deployed.
    pub package_bytes: u64,
    /// The same for executables that may have more: `manage` holds the importer and its models, and starts rarely.
    pub larger_packages: BTreeMap<String, u64>,
    /// The most memory that a function may have had resident.
    pub resident_mib: f64,
    /// What a function that hashes passwords may have beside that.
    pub hash_mib: f64,
    /// For each function with a database, what one request may take.
    pub requests: BTreeMap<String, Request>,
}

/// What a request may take, once its statements are prepared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How often it may wait for the database.
    pub round_trips: usize,
    /// How many allocations, with some to spare.
    pub allocations: u64,
}

impl Budget {
    /// Reads it.
    pub fn read() -> Self {
        serde_json::from_str(include_str!("../../infra/budget.json")).expect("infra/budget.json is a budget")
    }
}
