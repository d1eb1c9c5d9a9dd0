//! The signing keys of one kind of tokens: where they come from, and how they change while the function runs.

use std::time::{Duration, Instant};

use chrono::Utc;
use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::RwLock;

use super::{Claims, NewClaims, Refusal, pseudonym::pseudonym, unverified::Unverified};
use crate::{
    config::{self, ConfigError},
    http::Error,
    secrets::{SecretError, Secrets, Version},
};

/// How old the keys may get before they are fetched again.
const MAX_AGE: Duration = Duration::from_secs(300);

/// How often a key id that is not known may cause a fetch.
const MIN_AGE: Duration = Duration::from_secs(10);

/// The shortest key that is accepted, in bytes: as long as the hash
/// ([RFC 7518, section 3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2)).
const MIN_KEY: usize = 32;

/// Why a key is refused that signs the other kind too.
const ALIKE: &str = "must not be the key of the other kind of tokens";

/// Keys that anybody can read in the assignment this service was made from.
const PUBLISHED: [&str; 2] = ["838qKq7dGp34hWij3c8txA5ZD2qm9ybt", "cFzRk8kllHMW71wQKLXBqDzl24fkhisw"];

/// The keys of one kind of tokens.
pub struct Keys {
    source: &'static Source,
    secret: Option<(Secrets, String)>,
    loaded: RwLock<Loaded>,
}

/// Where the keys of a kind come from.
pub struct Source {
    /// The variable that names the secret.
    pub arn: &'static str,
    /// The variable with the key itself, where there is no secret.
    pub variable: &'static str,
    /// The variable with the key of the other kind.
    pub other: &'static str,
    /// The key of this kind in a secret that holds both.
    pub part: fn(Both) -> SecretString,
}

struct Loaded {
    current: Key,
    previous: Option<Key>,
    since: Instant,
}

impl Loaded {
    fn keys(&self) -> impl Iterator<Item = &Key> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten()
    }
}

struct Key {
    id: Option<String>,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// What the secret holds: the key of one kind, or those of both, as one secret held them in earlier releases.
#[derive(Deserialize)]
#[serde(untagged)]
enum Plain {
    One { key: SecretString },
    Both(Both),
}

/// The keys of both kinds.
#[derive(Deserialize)]
pub struct Both {
    pub access_key: SecretString,
    pub refresh_key: SecretString,
}

impl Keys {
    /// Reads the keys from the secret that `source.arn` names (`{"key"}`), or the key from `source.variable`.
    ///
    /// Fails when it is missing, shorter than 32 bytes, published, or that of the other kind where both are at hand,
    /// and when `JWT_SIGNING_ALGORITHM` is set to anything but `HS256`.
    pub async fn start(source: &'static Source, secrets: &Secrets) -> Result<Self, ConfigError> {
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
                    return Err(ConfigError::new(source.variable, ALIKE));
                }
                let current = Key::new(None, &key.into())
                    .map_err(|problem| ConfigError::new(source.variable, problem))?;
                (None, Loaded { current, previous: None, since: Instant::now() })
            }
        };
        Ok(Self { source, secret, loaded: RwLock::new(loaded) })
    }

    /// Fails when both kinds are signed with the same key.
    pub async fn differ(&self, other: &Self) -> Result<(), ConfigError> {
        let (one, two) = (self.loaded.read().await, other.loaded.read().await);
        match one.current.signs.as_bytes() == two.current.signs.as_bytes() {
            true => Err(ConfigError::new(self.source.arn, ALIKE)),
            false => Ok(()),
        }
    }

    /// Returns a token with these claims.
    pub async fn sign(&self, claims: &NewClaims<'_>) -> Result<String, Error> {
        self.renew_after(MAX_AGE).await;
        let loaded = self.loaded.read().await;
        super::sign(&loaded.current.signs, loaded.current.id.as_deref(), claims)
    }

    /// Returns the claims of a token that one of our keys signed.
    ///
    /// Fails for a token that has expired, and for one that is not ours.
    pub async fn claims_of(&self, token: &str) -> Result<Claims, Refusal> {
        self.renew_after(MAX_AGE).await;
        let token = Unverified::parse(token).ok_or(Refusal::Invalid)?;
        let is_ours = self.has_signed(&token).await
            || (self.is_unknown(token.key_id.as_deref()).await
                && self.renew_after(MIN_AGE).await
                && self.has_signed(&token).await);
        match is_ours {
            true => token.claims(Utc::now().timestamp()),
            false => Err(Refusal::Invalid),
        }
    }

    /// The pseudonym of `text` under the key that signs.
    pub async fn pseudonym(&self, text: &str) -> String {
        pseudonym(self.loaded.read().await.current.signs.as_bytes(), text)
    }

    async fn has_signed(&self, token: &Unverified<'_>) -> bool {
        self.loaded.read().await.keys().any(|key| token.is_signed_with(&key.verifies))
    }

    /// Whether a key of this id is not among those we have.
    async fn is_unknown(&self, id: Option<&str>) -> bool {
        id.is_some() && !self.loaded.read().await.keys().any(|key| key.id.as_deref() == id)
    }

    /// Fetches the keys again if they are older than `age`, and answers whether it did. Where that fails, the
    /// old ones stay in force.
    async fn renew_after(&self, age: Duration) -> bool {
        let Some((secrets, arn)) = &self.secret else { return false };
        if self.loaded.read().await.since.elapsed() < age {
            return false;
        }
        match self.source.fetch(secrets, arn).await {
            Ok(loaded) => {
                *self.loaded.write().await = loaded;
                true
            }
            Err(error) => {
                tracing::error!(%error, "the keys in {} cannot be renewed", self.source.arn);
                self.loaded.write().await.since = Instant::now();
                false
            }
        }
    }
}

impl Source {
    /// Both versions of the secret; a missing previous one is normal.
    async fn fetch(&self, secrets: &Secrets, arn: &str) -> Result<Loaded, SecretError> {
        let (current, previous) =
            tokio::try_join!(secrets.current::<Plain>(arn), secrets.version::<Plain>(arn, "AWSPREVIOUS"))?;
        Ok(Loaded {
            current: self.key(current)?,
            // An old version that is not usable cannot have signed anything.
            previous: previous.and_then(|version| self.key(version).ok()),
            since: Instant::now(),
        })
    }

    fn key(&self, version: Version<Plain>) -> Result<Key, SecretError> {
        let key = match version.value {
            Plain::One { key } => key,
            Plain::Both(both) if both.access_key.expose_secret() == both.refresh_key.expose_secret() => {
                return Err(SecretError::Unusable(ALIKE));
            }
            Plain::Both(both) => (self.part)(both),
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
            return Err("must not be a key printed in the assignment");
        }
        let key = key.as_bytes();
        Ok(Self { id, signs: EncodingKey::from_secret(key), verifies: DecodingKey::from_secret(key) })
    }
}
