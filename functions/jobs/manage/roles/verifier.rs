//! Makes the SCRAM-SHA-256 verifier that PostgreSQL stores in place of a password
//! ([RFC 5802](https://www.rfc-editor.org/rfc/rfc5802#section-3)).
//!
//! A client hashes the password as many times as the verifier says, each time it logs in.

use std::num::NonZeroU32;

use base64::{Engine, prelude::BASE64_STANDARD};
use ring::{digest, hmac, pbkdf2};

/// What [RFC 7677](https://www.rfc-editor.org/rfc/rfc7677#section-4) requires at least. It slows down a thief of the
/// verifier who tries the passwords that people choose.
const ROUNDS: NonZeroU32 = NonZeroU32::new(4096).unwrap();

/// For a password that cannot be guessed however fast each attempt is. It saves a function a millisecond of each
/// connection.
const ROUNDS_IF_GENERATED: NonZeroU32 = NonZeroU32::new(1).unwrap();

/// The length of 256 random bits in base64, and less than Secrets Manager generates (`infra/secrets.yaml`).
const GENERATED_LENGTH: usize = 43;

/// Returns the verifier of a printable ASCII password. A generated one gets a single round if `is_direct`: if only
/// functions log in with it. A proxy between them and the server may insist on the rounds of RFC 7677.
pub fn verifier(password: &str, salt: &[u8; 16], is_direct: bool) -> String {
    let rounds = if is_direct && is_generated(password) { ROUNDS_IF_GENERATED } else { ROUNDS };
    let mut salted = [0; digest::SHA256_OUTPUT_LEN];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, password.as_bytes(), &mut salted);
    let key = hmac::Key::new(hmac::HMAC_SHA256, &salted);
    let stored = digest::digest(&digest::SHA256, hmac::sign(&key, b"Client Key").as_ref());
    let server = hmac::sign(&key, b"Server Key");
    let [salt, stored, server] =
        [salt.as_slice(), stored.as_ref(), server.as_ref()].map(|part| BASE64_STANDARD.encode(part));
    format!("SCRAM-SHA-256${rounds}:{salt}${stored}:{server}")
}

/// Returns whether `rotate` or Secrets Manager generated this password, as far as one can see: it is long, has letters
/// of both cases and digits, and nothing that base64 for URLs has not. At worst, a generated password that lacks a kind
/// of character counts as chosen by a person.
fn is_generated(password: &str) -> bool {
    password.len() >= GENERATED_LENGTH
        && password.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && [u8::is_ascii_uppercase, u8::is_ascii_lowercase, u8::is_ascii_digit]
            .iter()
            .all(|is_kind| password.bytes().any(|byte| is_kind(&byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GENERATED: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";

    fn salt() -> [u8; 16] {
        BASE64_STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap().try_into().unwrap()
    }

    #[test]
    fn verifier_matches_example_of_rfc_7677() {
        let expected = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$\
                        WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
        assert_eq!(verifier("pencil", &salt(), true), expected);
    }

    #[test]
    fn only_generated_passwords_get_one_round() {
        let passphrase = "Correct horse battery staple, 4 times as long as yours";
        for (password, is_direct, rounds) in [
            (GENERATED, true, 1),
            (&GENERATED[1..], true, 4096),
            (GENERATED, false, 4096),
            (passphrase, true, 4096),
            (&"a".repeat(48), true, 4096),
        ] {
            let verifier = verifier(password, &salt(), is_direct);
            assert!(verifier.starts_with(&format!("SCRAM-SHA-256${rounds}:")), "{password}: {verifier}");
        }
    }
}
