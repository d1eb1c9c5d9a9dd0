//! HMAC with SHA-256 for `jsonwebtoken`, implemented with `ring`, which the TLS stack uses anyway. The
//! library's own back ends implement every algorithm of the standard; with this one, no other algorithm can
//! sign or verify a token.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use ring::hmac;
use signature::{Error, Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: |algorithm, key: &EncodingKey| Ok(Box::new(Hs256::new(*algorithm, key.as_bytes())?)),
    verifier_factory: |algorithm, key: &DecodingKey| {
        Ok(Box::new(Hs256::new(*algorithm, key.try_get_as_bytes()?)?))
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// Installs this crypto provider for the process. Further calls do nothing.
pub fn install() {
    let _ = PROVIDER.install_default();
}

struct Hs256(hmac::Key);

impl Hs256 {
    fn new(algorithm: Algorithm, key: &[u8]) -> Result<Self> {
        if algorithm != Algorithm::HS256 {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(hmac::sign(&self.0, message).as_ref().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        hmac::verify(&self.0, message, signature).map_err(|_| Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use jsonwebtoken::crypto;
    use proptest::prelude::*;

    use super::*;

    const KEY: &[u8] = b"a key of 32 bytes, or a few more";

    fn sign(message: &[u8]) -> String {
        install();
        crypto::sign(message, &EncodingKey::from_secret(KEY), Algorithm::HS256).expect("HS256 is known")
    }

    fn is_signed(signature: &str, message: &[u8], key: &[u8]) -> bool {
        install();
        let key = DecodingKey::from_secret(key);
        crypto::verify(signature, message, &key, Algorithm::HS256).unwrap_or(false)
    }

    /// [RFC 7515, appendix A.1](https://www.rfc-editor.org/rfc/rfc7515#appendix-A.1).
    #[test]
    fn signature_equals_rfc_7515_example() {
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let key = BASE64_URL_SAFE_NO_PAD.decode(key).expect("it is base64url");
        let message = b"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
            eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_signed(signature, message, &key));
        let signed = crypto::sign(message, &EncodingKey::from_secret(&key), Algorithm::HS256);
        assert_eq!(signed.expect("HS256 is known"), signature);
    }

    #[test]
    fn algorithms_other_than_hs256_are_rejected() {
        install();
        for algorithm in [Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::ES256] {
            assert!(crypto::sign(b"", &EncodingKey::from_secret(KEY), algorithm).is_err(), "{algorithm:?}");
            let verified = crypto::verify(&sign(b""), b"", &DecodingKey::from_secret(KEY), algorithm);
            assert!(verified.is_err(), "{algorithm:?}");
        }
    }

    #[test]
    fn malformed_signature_does_not_verify() {
        let signature = sign(b"message");
        let hs512 = ring::hmac::sign(&hmac::Key::new(hmac::HMAC_SHA512, KEY), b"message");
        let hs512 = BASE64_URL_SAFE_NO_PAD.encode(hs512);
        for text in [
            "",
            "x",
            "é",
            "!!!",
            &format!("{signature}="),
            &signature[1..],
            &format!("{signature}\0"),
            &hs512,
        ] {
            assert!(!is_signed(text, b"message", KEY), "{text}");
        }
    }

    proptest! {
        #[test]
        fn signature_verifies_only_its_message_and_key(message: Vec<u8>, other: Vec<u8>, at in 0..KEY.len(), bit in 0_u8..8) {
            let signature = sign(&message);
            prop_assert!(is_signed(&signature, &message, KEY));
            prop_assert_eq!(is_signed(&signature, &other, KEY), message == other);
            let mut key = KEY.to_vec();
            key[at] ^= 1_u8 << bit;
            prop_assert!(!is_signed(&signature, &message, &key));
        }
    }
}
