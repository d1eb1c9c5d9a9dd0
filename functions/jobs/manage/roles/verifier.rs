//! What PostgreSQL keeps of a password ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802), RFC 7677).

use std::num::NonZeroU32;

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::{
    digest::{SHA256, digest},
    hmac, pbkdf2,
    rand::{SecureRandom, SystemRandom},
};

/// The server's own default (`scram_iterations`).
const ITERATIONS: NonZeroU32 = NonZeroU32::new(4096).expect("it is not zero");

/// The SCRAM-SHA-256 verifier of a password in printable ASCII, with a salt of its own. Fails with the rest of
/// a sentence where the password has other characters, which would have to be normalised (SASLprep).
pub fn scram_sha_256(password: &str) -> Result<String, &'static str> {
    if password.is_empty() || !password.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err("is not printable ASCII");
    }
    let mut salt = [0; 16];
    SystemRandom::new().fill(&mut salt).map_err(|_| "cannot be salted: there is no randomness")?;
    let mut salted = [0; 32];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ITERATIONS, &salt, password.as_bytes(), &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let stored_key = digest(&SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server_key = hmac::sign(&key, b"Server Key");
    let [salt, stored_key, server_key] =
        [&salt[..], stored_key.as_ref(), server_key.as_ref()].map(|bytes| BASE64_STANDARD.encode(bytes));
    Ok(format!("SCRAM-SHA-256${ITERATIONS}:{salt}${stored_key}:{server_key}"))
}
