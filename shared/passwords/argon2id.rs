//! Argon2id with reusable memory.

use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        Error as HashError,
        phc::{Output, ParamsString, PasswordHash, Salt},
    },
};

// The first minimum in OWASP's Password Storage Cheat Sheet:
// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
const MEMORY_KIB: u32 = 19456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The most memory that a stored hash may require, in KiB. More would crash the function instead of failing
/// the request.
const MAX_MEMORY_KIB: u32 = 128 * 1024;

/// Computes hashes one at a time and reuses their memory, because allocating it for each takes longer and
/// makes glibc's heap several times larger.
#[derive(Default)]
pub struct Argon2id(Mutex<Vec<Block>>);

impl Argon2id {
    /// Hashes `password` with the current parameters and a new salt. Returns a PHC string.
    pub fn hash(&self, password: &str) -> Result<String, HashError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(Params::DEFAULT_OUTPUT_LEN))?;
        let hash = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params)?,
            salt: Some(Salt::generate()),
            hash: None,
        };
        let output = self.compute(password, &hash, params)?;
        Ok(PasswordHash { hash: Some(output), ..hash }.to_string())
    }

    /// Returns whether `hash`, of any variant of Argon2, is the hash of `password`. Fails if it requires
    /// unknown parameters or more than 128 MiB.
    pub fn verify(&self, password: &str, hash: &PasswordHash) -> Result<bool, HashError> {
        let stored = hash.hash.as_ref().ok_or(HashError::OutputSize)?;
        // Outputs are compared in constant time.
        Ok(self.compute(password, hash, Params::try_from(hash)?)? == *stored)
    }

    /// Returns the hash of `password` with the algorithm and salt of `hash`.
    fn compute(&self, password: &str, hash: &PasswordHash, params: Params) -> Result<Output, HashError> {
        if params.m_cost() > MAX_MEMORY_KIB {
            return Err(HashError::ParamInvalid { name: "m" });
        }
        let algorithm = Algorithm::try_from(hash.algorithm.as_str())?;
        let version = hash.version.map(Version::try_from).transpose()?.unwrap_or_default();
        let salt = hash.salt.as_ref().ok_or(HashError::SaltInvalid)?;
        let length = params.output_len().ok_or(HashError::OutputSize)?;
        let blocks = params.block_count();
        let argon2 = Argon2::new(algorithm, version, params);

        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() < blocks {
            *memory = vec![Block::new(); blocks];
        }
        let mut output = [0; Output::MAX_LENGTH];
        let output = output.get_mut(..length).ok_or(HashError::OutputSize)?;
        argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, &mut memory[..])?;
        Ok(Output::new(output)?)
    }
}

/// Returns whether `hash` is at least as strong as a new one.
pub fn is_current(hash: &PasswordHash) -> bool {
    let at_least = |name: &str, least| hash.params.get_decimal(name).is_some_and(|value| value >= least);
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && at_least("m", MEMORY_KIB)
        && at_least("t", PASSES)
        && at_least("p", LANES)
}

/// Returns a hash with the current parameters that matches no password.
pub fn decoy_hash() -> String {
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}")
}
