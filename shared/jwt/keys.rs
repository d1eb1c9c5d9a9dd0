//! The signing keys of one kind of token: where they come from, and how they are renewed while the function
//! runs.

use std::time::{Duration, Instant};

use aws_smithy_runtime_api::box_error::BoxError;
use chrono::Utc;
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::{sync::RwLock, time::timeout};

use super::{Claims, NewClaims, TokenError, address_hash::address_hash, unverified_token::UnverifiedToken};
use crate::{
    config::{self, ConfigError},
    http::Error,
    logging::error_chain,
    secrets::{SecretError, Secrets, Version},
};

/// The age at which the keys are fetched again.
const MAX_AGE: Duration = Duration::from_secs(300);

/// The minimum age before an unknown key id causes a fetch.
const MIN_AGE: Duration = Duration::from_secs(10);

/// How long a request waits for a renewal, with a second attempt after one of two seconds. A refresh may wait for one of
/// each kind within its ten seconds.
const RENEWAL_TIMEOUT: Duration = Duration::from_millis(3500);

/// The minimum length of a key in bytes: as long as the hash
/// ([RFC 7518, section 3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const MIN_KEY: usize = 32;

/// The error for a key that signs the other kind of token too.
const SAME_KEY: &str = "must not be the key of the other kind of tokens";

/// Keys that are published in the example settings of the original service.
const PUBLISHED: [&str; 2] = ["838qKq7dGp34hWij3c8txA5ZD2qm9ybt", "cFzRk8kllHMW71wQKLXBqDzl24fkhisw"];

/// The signing keys of one kind of token.
pub struct Keys {
    source: &'static KeySource,
    secret: Option<(Secrets, String)>,
    loaded: RwLock<LoadedKeys>,
}

/// Where the keys of one kind come from.
pub struct KeySource {
    /// The variable with the ARN of the secret.
    pub arn: &'static str,
    /// The variable with the key itself, if no secret is configured.
    pub variable: &'static str,
    /// The variable with the key of the other kind.
    pub other: &'static str,
    /// Selects the key of this kind from a secret with both.
    pub part: fn(BothKeys) -> SecretString,
}

struct LoadedKeys {
    current: Key,
    previous: Option<Key>,
    since: Instant,
}

impl LoadedKeys {
    fn keys(&self) -> impl Iterator<Item = &Key> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten()
    }
}

struct Key {
    id: Option<String>,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// The value of the secret: one key, or both keys in the format of earlier releases.
#[derive(Deserialize)]
#[serde(untagged)]
enum SecretValue {
    One { key: SecretString },
    Both(BothKeys),
}

/// The keys of both kinds.
#[derive(Deserialize)]
pub struct BothKeys {
    pub access_key: SecretString,
    pub refresh_key: SecretString,
}

impl Keys {
    /// Reads the keys from the secret that `source.arn` names (`{"key"}`), or the key from `source.variable`.
    ///
    /// Fails if the key is missing, shorter than 32 bytes, published, or equal to the key of the other kind
    /// if that is available. Also fails if `JWT_SIGNING_ALGORITHM` is set to anything but `HS256`.
    pub async fn start(source: &'static KeySource, secrets: &Secrets) -> Result<Self, ConfigError> {
        if config::optional("JWT_SIGNING_ALGORITHM").is_some_and(|algorithm| algorithm != "HS256") {
            return Err(ConfigError::new("JWT_SIGNING_ALGORITHM", "must be HS256"));
        }
        let (secret, loaded) = match config::optional(source.arn) {
            Some(arn) => {
                let loaded =
                    source.fetch(secrets, &arn).await.map_err(|error| ConfigError::new(source.arn, error))?;
                (Some((secrets.clone(), arn)), loaded)
            }
            None => {
                let key = config::required(source.variable)?;
                if config::optional(source.other).is_some_and(|other| other == key) {
                    return Err(ConfigError::new(source.variable, SAME_KEY));
                }
                let current = Key::new(None, &key.into())
                    .map_err(|problem| ConfigError::new(source.variable, problem))?;
                (None, LoadedKeys { current, previous: None, since: Instant::now() })
            }
        };
        Ok(Self { source, secret, loaded: RwLock::new(loaded) })
    }

    /// Fails if both kinds have the same key.
    pub async fn check_distinct(&self, other: &Self) -> Result<(), ConfigError> {
        let (one, two) = (self.loaded.read().await, other.loaded.read().await);
        if one.current.signs.as_bytes() == two.current.signs.as_bytes() {
            Err(ConfigError::new(self.source.arn, SAME_KEY))
        } else {
            Ok(())
        }
    }

    /// Signs a token with these claims.
    pub async fn sign(&self, claims: &NewClaims<'_>) -> Result<String, Error> {
        self.renew_after(MAX_AGE).await;
        let loaded = self.loaded.read().await;
        super::sign(&loaded.current.signs, loaded.current.id.as_deref(), claims)
    }

    /// Signs a token with these claims and the key that signed `token`. Fails if that is none of the keys.
    pub async fn sign_like(&self, token: &str, claims: &NewClaims<'_>) -> Result<String, Error> {
        let token = UnverifiedToken::parse(token).ok_or(TokenError::Invalid)?;
        let loaded = self.loaded.read().await;
        let key = loaded.keys().find(|key| token.is_signed_with(&key.verifies)).ok_or(TokenError::Invalid)?;
        super::sign(&key.signs, key.id.as_deref(), claims)
    }

    /// Verifies a token and returns its claims.
    ///
    /// Fails for an expired token, and for a token that none of the keys signed.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        self.renew_after(MAX_AGE).await;
        let token = UnverifiedToken::parse(token).ok_or(TokenError::Invalid)?;
        let is_signed = self.is_signed_by_known_key(&token).await
            || (self.is_unknown_key(token.key_id.as_deref()).await
                && self.renew_after(MIN_AGE).await
                && self.is_signed_by_known_key(&token).await);
        if is_signed { token.claims(Utc::now().timestamp()) } else { Err(TokenError::Invalid) }
    }

    /// Returns the hash of an email address under the current key, for the log.
    pub async fn address_hash(&self, address: &str) -> String {
        address_hash(self.loaded.read().await.current.signs.as_bytes(), address)
    }

    async fn is_signed_by_known_key(&self, token: &UnverifiedToken<'_>) -> bool {
        self.loaded.read().await.keys().any(|key| token.is_signed_with(&key.verifies))
    }

    /// Returns whether none of the loaded keys has this id.
    async fn is_unknown_key(&self, id: Option<&str>) -> bool {
        id.is_some() && !self.loaded.read().await.keys().any(|key| key.id.as_deref() == id)
    }

    /// Fetches the keys again if they are older than `age`, and returns whether it did. If that fails or takes longer than
    /// [`RENEWAL_TIMEOUT`], keeps the current ones.
    async fn renew_after(&self, age: Duration) -> bool {
        let Some((secrets, arn)) = &self.secret else { return false };
        if self.loaded.read().await.since.elapsed() < age {
            return false;
        }
        // Before the attempt, so that a request that is given up during it does not make the next one wait too.
        self.loaded.write().await.since = Instant::now();
        let error: BoxError = match timeout(RENEWAL_TIMEOUT, self.source.fetch(secrets, arn)).await {
            Ok(Ok(loaded)) => {
                *self.loaded.write().await = loaded;
                return true;
            }
            Ok(Err(error)) => error.into(),
            Err(elapsed) => elapsed.into(),
        };
        tracing::error!(error = error_chain(&*error), "the keys in {} cannot be renewed", self.source.arn);
        false
    }
}

impl KeySource {
    /// Fetches both versions of the secret. The previous version may be missing.
    async fn fetch(&self, secrets: &Secrets, arn: &str) -> Result<LoadedKeys, SecretError> {
        let (current, previous) = tokio::try_join!(
            secrets.current::<SecretValue>(arn),
            secrets.version::<SecretValue>(arn, "AWSPREVIOUS")
        )?;
        Ok(LoadedKeys {
            current: self.key(current)?,
            // An invalid previous version cannot have signed anything.
            previous: previous.and_then(|version| self.key(version).ok()),
            since: Instant::now(),
        })
    }

    fn key(&self, version: Version<SecretValue>) -> Result<Key, SecretError> {
        let key = match version.value {
            SecretValue::One { key } => key,
            SecretValue::Both(both)
                if both.access_key.expose_secret() == both.refresh_key.expose_secret() =>
            {
                return Err(SecretError::Unusable(SAME_KEY));
            }
            SecretValue::Both(both) => (self.part)(both),
        };
        Key::new(Some(version.id), &key).map_err(SecretError::Unusable)
    }
}

impl Key {
    fn new(id: Option<String>, key: &SecretString) -> Result<Self, &'static str> {
        let key = key.expose_secret();
        if key.is_empty() {
            return Err("must not be empty");
        }
        if key.len() < MIN_KEY {
            return Err("must have at least 32 bytes");
        }
        if PUBLISHED.contains(&key) {
            return Err("must not be a published example key");
        }
        let key = key.as_bytes();
        Ok(Self { id, signs: EncodingKey::from_secret(key), verifies: DecodingKey::from_secret(key) })
    }
}
