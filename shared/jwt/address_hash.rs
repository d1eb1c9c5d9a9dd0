//! Keyed hashes of email addresses, for the log.

use ring::{
    hkdf::{HKDF_SHA256, Salt},
    hmac::{self, HMAC_SHA256, Key},
};

/// The purpose of the derived key. Another purpose yields another key from the same secret.
const PURPOSE: &[u8] = b"movie theater: pseudonyms in logs";

/// Returns the hash of `address` under `secret`: 16 hexadecimal digits.
///
/// HMAC-SHA-256 with a key that HKDF ([RFC 5869](https://www.rfc-editor.org/rfc/rfc5869)) derives from the
/// secret. The same address always has the same hash, and without the secret, guesses at the address cannot be
/// verified.
pub fn address_hash(secret: &[u8], address: &str) -> String {
    let secret = Salt::new(HKDF_SHA256, &[]).extract(secret);
    let purpose = [PURPOSE];
    let key = secret.expand(&purpose, HMAC_SHA256).expect("a key is as long as the hash");
    let tag = hmac::sign(&Key::from(key), address.as_bytes());
    tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"a key for access tokens, only for tests";

    #[test]
    fn address_hash_depends_on_address_and_secret() {
        let ann = address_hash(SECRET, "ann@example.com");
        assert_eq!(ann, address_hash(SECRET, "ann@example.com"));
        assert_ne!(ann, address_hash(SECRET, "bob@example.com"));
        assert_ne!(ann, address_hash(b"another", "ann@example.com"));
    }

    #[test]
    fn address_hash_differs_from_plain_hash_and_signing_key_hmac() {
        let hex = |bytes: &[u8]| bytes[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let ann = address_hash(SECRET, "ann@example.com");
        assert_eq!(ann.len(), 16);
        assert_ne!(ann, hex(hmac::sign(&Key::new(HMAC_SHA256, SECRET), b"ann@example.com").as_ref()));
        assert_ne!(ann, hex(&crate::token::digest("ann@example.com")));
    }
}
