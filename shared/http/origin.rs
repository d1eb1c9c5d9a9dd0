//! Verifies that requests came through the CDN, by a secret that the CDN adds.

use ring::digest::{Digest, SHA256, digest};

use super::{Error, Request, StatusCode};
use crate::config::{self, ConfigError};

/// The header with the CDN's secret. A client cannot set it, because the CDN replaces it.
const HEADER: &str = "x-origin-verify";

/// The minimum length of a secret, in bytes.
const MIN_LENGTH: usize = 32;

/// The accepted secrets.
pub struct Origin {
    accepted: Vec<Digest>,
}

impl Origin {
    /// Reads `ORIGIN_SECRETS`: the accepted secrets, separated by commas; two during a rotation. Returns
    /// `None` if it is not set. Fails if one is shorter than 32 bytes.
    pub fn read() -> Result<Option<Self>, ConfigError> {
        config::optional("ORIGIN_SECRETS").map(|secrets| Self::of(&secrets)).transpose()
    }

    fn of(secrets: &str) -> Result<Self, ConfigError> {
        let accepted = secrets.split(',').map(|secret| {
            if secret.len() < MIN_LENGTH {
                return Err(ConfigError::new("ORIGIN_SECRETS", "must be secrets of at least 32 bytes"));
            }
            Ok(digest(&SHA256, secret.as_bytes()))
        });
        Ok(Self { accepted: accepted.collect::<Result<_, _>>()? })
    }

    /// Fails with 403 unless the request has one of the secrets.
    pub fn verify(&self, request: &Request) -> Result<(), Error> {
        let is_known = request.header(HEADER).is_some_and(|secret| self.knows(secret));
        if is_known { Ok(()) } else { Err(Error::status(StatusCode::FORBIDDEN, "Forbidden")) }
    }

    /// Returns whether `secret` is accepted. Compares hashes in constant time.
    fn knows(&self, secret: &str) -> bool {
        let sent = digest(&SHA256, secret.as_bytes());
        self.accepted.iter().fold(false, |known, accepted| known | are_equal(&sent, accepted))
    }
}

fn are_equal(left: &Digest, right: &Digest) -> bool {
    let pairs = left.as_ref().iter().zip(right.as_ref());
    std::hint::black_box(pairs.fold(0, |differences, (left, right)| differences | (left ^ right))) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLUE: &str = "blue-0123456789-0123456789-0123456789";
    const GREEN: &str = "green-0123456789-0123456789-0123456789";

    #[test]
    fn origin_accepts_each_secret_exactly() {
        let origin = Origin::of(&format!("{BLUE},{GREEN}")).unwrap();
        assert!(origin.knows(BLUE) && origin.knows(GREEN));
        for other in ["", &BLUE[1..], &format!("{BLUE},{GREEN}"), &format!("{BLUE} ")] {
            assert!(!origin.knows(other), "{other:?}");
        }
    }

    #[test]
    fn short_origin_secret_is_rejected() {
        for secrets in ["short", &format!("{BLUE},"), &format!(",{BLUE}")] {
            assert!(Origin::of(secrets).is_err(), "{secrets:?}");
        }
    }
}
