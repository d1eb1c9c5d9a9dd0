//! A token before its signature is verified.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};

use super::{Claims, TokenError, hs256};
use crate::json::Json;

/// A JSON Web Token in compact form
/// ([RFC 7515, section 3.1](https://www.rfc-editor.org/rfc/rfc7515#section-3.1)) with HS256 in its header.
///
/// `jsonwebtoken` verifies only the signature. This module parses header and claims: the library parses the
/// untrusted header with serde_json, and accepts a token during the second in which it expires.
pub struct UnverifiedToken<'a> {
    /// Header and claims, which the signature covers.
    message: &'a str,
    claims: &'a str,
    signature: &'a str,
    /// The id of the signing key, from the header.
    pub key_id: Option<String>,
}

impl<'a> UnverifiedToken<'a> {
    /// Parses the header. Returns `None` for text that is not a token, for other algorithms, and for critical
    /// extensions (`crit`,
    /// [RFC 7515, section 4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11)).
    pub fn parse(token: &'a str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header = decode(header)?;
        let header = Json::parse(&header).ok()?;
        if header.get("alg")?.as_str()? != "HS256" || header.get("crit").is_some() {
            return None;
        }
        let key_id = header.get("kid").and_then(Json::as_str).map(ToOwned::to_owned);
        Some(Self { message, claims, signature, key_id })
    }

    /// Returns whether `key` signed the token.
    pub fn is_signed_with(&self, key: &DecodingKey) -> bool {
        hs256::install();
        crypto::verify(self.signature, self.message.as_bytes(), key, Algorithm::HS256).unwrap_or(false)
    }

    /// Returns the claims of a token with a verified signature, at `now` in seconds since 1970.
    ///
    /// Fails if a claim is missing or malformed, if the token has expired, and before its `nbf`
    /// ([RFC 7519, section 4.1](https://www.rfc-editor.org/rfc/rfc7519#section-4.1)). An `iat` that is not a number
    /// counts as missing.
    pub fn claims(&self, now: i64) -> Result<Claims, TokenError> {
        let claims = decode(self.claims).ok_or(TokenError::Invalid)?;
        let claims = Json::parse(&claims).map_err(|_| TokenError::Invalid)?;
        let user_id = integer(claims.get("user_id")).ok_or(TokenError::Invalid)?;
        let expires_at = number(claims.get("exp")).ok_or(TokenError::Invalid)?;
        if let Some(not_before) = claims.get("nbf")
            && number(Some(not_before)).is_none_or(|not_before| not_before > now as f64)
        {
            return Err(TokenError::Invalid);
        }
        let session_id = match claims.get("sid") {
            None => None,
            session_id => Some(integer(session_id).ok_or(TokenError::Invalid)?),
        };
        let issued_at = number(claims.get("iat")).map(|issued_at| issued_at as i64);
        if expires_at <= now as f64 {
            Err(TokenError::Expired)
        } else {
            Ok(Claims { user_id, session_id, issued_at })
        }
    }
}

fn decode(part: &str) -> Option<String> {
    String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

fn number(claim: Option<&Json<'_>>) -> Option<f64> {
    match claim? {
        Json::Number(text) => text.parse().ok(),
        _ => None,
    }
}

/// Reads a number without fraction and exponent. A number beyond 64 bits becomes the largest id, which no
/// user has.
fn integer(claim: Option<&Json<'_>>) -> Option<i64> {
    match claim? {
        Json::Number(text) if !text.contains(['.', 'e', 'E']) => Some(text.parse().unwrap_or(i64::MAX)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::EncodingKey;
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn token(header: &str, claims: &str) -> String {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
    }

    fn claims(claims: &str) -> Result<Claims, TokenError> {
        let token = token(r#"{"alg":"HS256"}"#, claims);
        UnverifiedToken::parse(&token).expect("its header is right").claims(NOW)
    }

    fn user_id(text: &str) -> Result<i64, TokenError> {
        claims(text).map(|claims| claims.user_id)
    }

    #[test]
    fn only_hs256_header_without_crit_parses() {
        let is_read = |header: &str| UnverifiedToken::parse(&token(header, "{}")).is_some();
        for header in [r#"{"alg":"HS256"}"#, r#"{"typ":"JWT","alg":"HS256","kid":"1","jwk":{"a":[1]}}"#] {
            assert!(is_read(header), "{header}");
        }
        let deep = format!(r#"{{"alg":"HS256","x":{}1{}}}"#, "[".repeat(2000), "]".repeat(2000));
        for header in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS512"}"#,
            r#"{"alg":["HS256"]}"#,
            r#"{"alg":"hs256"}"#,
            r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
            r#"{"alg":"HS256","crit":null}"#,
            &deep,
        ] {
            assert!(!is_read(header), "{header}");
        }
    }

    #[test]
    fn text_without_three_base64url_parts_is_rejected() {
        let good = token(r#"{"alg":"HS256"}"#, "{}");
        let (message, _) = good.rsplit_once('.').expect("three parts");
        let padded = good.replacen('.', "=.", 1);
        for text in [
            "",
            "abc",
            "..",
            "é.ü.ß",
            "!!!.???.***",
            message,
            &padded,
            &format!("x.{good}"),
            &"a".repeat(300_000),
        ] {
            assert!(UnverifiedToken::parse(text).is_none(), "{text:.80}");
        }
    }

    #[test]
    fn signature_covers_header_and_claims() {
        hs256::install();
        let key = b"a key of 32 bytes, or a few more";
        let (header, claims) = (r#"{"alg":"HS256","kid":"1"}"#, r#"{"user_id":7,"exp":1700000001}"#);
        let unsigned = token(header, claims);
        let (message, signature) = unsigned.rsplit_once('.').expect("three parts");
        let right = crypto::sign(message.as_bytes(), &EncodingKey::from_secret(key), Algorithm::HS256)
            .expect("it is known");
        let is_signed = |text: &str| {
            UnverifiedToken::parse(text)
                .is_some_and(|token| token.is_signed_with(&DecodingKey::from_secret(key)))
        };
        assert!(is_signed(&format!("{message}.{right}")));
        let other_claims = token(header, r#"{"user_id":8,"exp":1700000001}"#);
        let other_header = token(r#"{"alg":"HS256","kid":"2"}"#, claims);
        for other in [&other_claims, &other_header] {
            let (message, _) = other.rsplit_once('.').expect("three parts");
            assert!(!is_signed(&format!("{message}.{right}")), "{message}");
        }
        for other in
            [signature, "", &right[1..], &format!("{right}.x"), &format!("{right}\0"), &format!("x.{right}")]
        {
            assert!(!is_signed(&format!("{message}.{other}")), "{other}");
        }
    }

    #[test]
    fn key_id_is_read_only_from_string() {
        for (header, id) in [
            (r#"{"alg":"HS256","kid":"1"}"#, Some("1")),
            (r#"{"alg":"HS256","kid":""}"#, Some("")),
            (r#"{"alg":"HS256","kid":1}"#, None),
            (r#"{"alg":"HS256","kid":null}"#, None),
            (r#"{"alg":"HS256"}"#, None),
        ] {
            let token = token(header, "{}");
            assert_eq!(
                UnverifiedToken::parse(&token).expect("its header is right").key_id.as_deref(),
                id,
                "{header}"
            );
        }
    }

    #[test]
    fn claims_yield_user_id_or_error() {
        assert_eq!(user_id(r#"{"user_id":7,"exp":1700000001}"#), Ok(7));
        assert_eq!(user_id(r#"{"user_id":7,"exp":1700000000.5,"nbf":1700000000,"iat":"x"}"#), Ok(7));
        assert_eq!(user_id(r#"{"user_id":-1,"exp":1e12}"#), Ok(-1));
        assert_eq!(user_id(r#"{"user_id":99999999999999999999,"exp":1e12}"#), Ok(i64::MAX));
        assert_eq!(user_id(r#"{"user_id":7,"exp":1700000000}"#), Err(TokenError::Expired));
        for claims in [
            "",
            "7",
            "[]",
            "{}",
            r#"{"user_id":7}"#,
            r#"{"exp":1e12}"#,
            r#"{"user_id":"7","exp":1e12}"#,
            r#"{"user_id":7.0,"exp":1e12}"#,
            r#"{"user_id":1.5,"exp":1e12}"#,
            r#"{"user_id":7e0,"exp":1e12}"#,
            r#"{"user_id":true,"exp":1e12}"#,
            r#"{"user_id":7,"exp":"1e12"}"#,
            r#"[{"user_id":7,"exp":1e12}]"#,
            r#"{"user_id":7,"exp":null}"#,
            r#"{"user_id":7,"exp":1e12,"nbf":1700000001}"#,
            r#"{"user_id":7,"exp":1e12,"nbf":"1"}"#,
            r#"{"user_id":7,"exp":1e12,"nbf":null}"#,
            r#"{"user_id":{"$serde_json::private::Number":"7"},"exp":1e12}"#,
        ] {
            assert_eq!(user_id(claims), Err(TokenError::Invalid), "{claims}");
        }
    }

    #[test]
    fn claims_name_the_session_and_the_time_of_issue() {
        let of = |more: &str| {
            let claims = claims(&format!(r#"{{"user_id":7,"exp":1e12{more}}}"#))?;
            Ok((claims.session_id, claims.issued_at))
        };
        for (more, expected) in [
            ("", (None, None)),
            (r#","sid":3,"iat":1700000000"#, (Some(3), Some(1_700_000_000))),
            (r#","iat":1699999999.9"#, (None, Some(1_699_999_999))),
            (r#","iat":1e300"#, (None, Some(i64::MAX))),
            (r#","iat":"1700000000""#, (None, None)),
            (r#","sid":99999999999999999999"#, (Some(i64::MAX), None)),
        ] {
            assert_eq!(of(more), Ok(expected), "{more}");
        }
        for more in [r#","sid":null"#, r#","sid":"3""#, r#","sid":3.0"#, r#","sid":[3]"#] {
            assert_eq!(of(more), Err(TokenError::Invalid), "{more}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_tokens_never_panic(text in any::<String>(), header in any::<String>(), claims in any::<String>()) {
            let _ = UnverifiedToken::parse(&text);
            if let Some(token) = UnverifiedToken::parse(&token(&header, &claims)) {
                let _ = token.claims(NOW);
            }
            let _ = user_id(&claims);
        }
    }
}
