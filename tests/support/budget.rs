//! The limits of functions in `tests/budget.json`.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The limits of every build.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// The largest executable without symbols.
    pub executable_bytes: u64,
    /// The same for larger executables, which start rarely: `manage` contains the importer and its models.
    pub larger_executables: BTreeMap<String, u64>,
    /// The largest deployed zip file.
    pub package_bytes: u64,
    /// The same for `manage`, and for functions with decoders of pictures, or with hashing beside the client of S3.
    pub larger_packages: BTreeMap<String, u64>,
    /// The peak resident memory of a function.
    pub resident_mib: f64,
    /// The additional memory of a function that hashes passwords.
    pub hash_mib: f64,
    /// The limits of a request, for each function with a database.
    pub requests: BTreeMap<String, Request>,
}

/// The limits of a request whose statements are prepared.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// How often it may wait for the database.
    pub round_trips: usize,
    /// How many allocations it may make, with a reserve.
    pub allocations: u64,
}

impl Budget {
    /// Reads the file.
    pub fn read() -> Self {
        serde_json::from_str(include_str!("../budget.json")).expect("tests/budget.json is a budget")
    }
}
