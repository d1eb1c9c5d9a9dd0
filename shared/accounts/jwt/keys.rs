//! The signing keys: where they come from, and how they change while the function runs.

use std::time::{Duration, Instant};

use jsonwebtoken::{DecodingKey, EncodingKey};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use time::OffsetDateTime;
use tokio::sync::RwLock;

use super::{ACCESS_LIFETIME, Kind, Refusal, unverified::Unverified};
use crate::{
    accounts::pseudonym,
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

/// Keys that anybody can read in the assignment this service was made from.
const PUBLISHED: [&str; 2] = ["838qKq7dGp34hWij3c8txA5ZD2qm9ybt", "cFzRk8kllHMW71wQKLXBqDzl24fkhisw"];

/// The keys of both kinds of tokens.
pub struct Keys {
    secret: Option<(Secrets, String)>,
    loaded: RwLock<Loaded>,
}

struct Loaded {
    current: KeySet,
    previous: Option<KeySet>,
    since: Instant,
}

impl Loaded {
    fn sets(&self) -> impl Iterator<Item = &KeySet> {
        [Some(&self.current), self.previous.as_ref()].into_iter().flatten()
    }
}

struct KeySet {
    id: Option<String>,
    access: (EncodingKey, DecodingKey),
    refresh: (EncodingKey, DecodingKey),
}

/// What the secret holds.
#[derive(Deserialize)]
struct Plain {
    access_key: SecretString,
    refresh_key: SecretString,
}

impl Keys {
    /// Reads the keys from the secret `JWT_SECRET_ARN` (`{"access_key", "refresh_key"}`), or from
    /// `SECRET_KEY_ACCESS` and `SECRET_KEY_REFRESH`.
    ///
    /// Fails when they are missing, alike, shorter than 32 bytes or published, and when `JWT_SIGNING_ALGORITHM`
    /// is set to anything but `HS256`.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        if config::optional("JWT_SIGNING_ALGORITHM").is_some_and(|algorithm| algorithm != "HS256") {
            return Err(ConfigError::new("JWT_SIGNING_ALGORITHM", "must be HS256"));
        }
        let (secret, loaded) = match config::optional("JWT_SECRET_ARN") {
            Some(arn) => {
                let loaded =
                    fetch(secrets, &arn).await.map_err(|error| ConfigError::new("JWT_SECRET_ARN", error))?;
                (Some((secrets.clone(), arn)), loaded)
            }
            None => {
                let access_key = config::required("SECRET_KEY_ACCESS")?.into();
                let refresh_key = config::required("SECRET_KEY_REFRESH")?.into();
                let current = KeySet::new(None, &Plain { access_key, refresh_key }).map_err(|problem| {
                    ConfigError::new("SECRET_KEY_ACCESS and SECRET_KEY_REFRESH", problem)
                })?;
                (None, Loaded { current, previous: None, since: Instant::now() })
            }
        };
        Ok(Self { secret, loaded: RwLock::new(loaded) })
    }

    /// A new access token for the user, good for ten minutes.
    pub async fn access_token(&self, user_id: i64) -> Result<String, Error> {
        self.sign(Kind::Access, user_id, OffsetDateTime::now_utc() + ACCESS_LIFETIME).await
    }

    /// A new refresh token for the user, good until `expires_at`.
    pub async fn refresh_token(&self, user_id: i64, expires_at: OffsetDateTime) -> Result<String, Error> {
        self.sign(Kind::Refresh, user_id, expires_at).await
    }

    /// The user that a token of this kind names, if one of our keys signed it.
    ///
    /// Fails for a token that has expired, and for one that is not ours.
    pub async fn user_of(&self, kind: Kind, token: &str) -> Result<i64, Refusal> {
        self.renew_after(MAX_AGE).await;
        let token = Unverified::parse(token).ok_or(Refusal::Invalid)?;
        let is_ours = self.has_signed(kind, &token).await
            || (self.is_unknown(token.key_id.as_deref()).await
                && self.renew_after(MIN_AGE).await
                && self.has_signed(kind, &token).await);
        match is_ours {
            true => token.user_id(OffsetDateTime::now_utc().unix_timestamp()),
            false => Err(Refusal::Invalid),
        }
    }

    /// The pseudonym of `text` under the key for access tokens.
    pub async fn pseudonym(&self, text: &str) -> String {
        pseudonym(self.loaded.read().await.current.access.0.as_bytes(), text)
    }

    async fn sign(&self, kind: Kind, user_id: i64, expires_at: OffsetDateTime) -> Result<String, Error> {
        self.renew_after(MAX_AGE).await;
        let loaded = self.loaded.read().await;
        let keys = &loaded.current;
        super::sign(&keys.of(kind).0, keys.id.as_deref(), user_id, expires_at)
    }

    async fn has_signed(&self, kind: Kind, token: &Unverified<'_>) -> bool {
        let loaded = self.loaded.read().await;
        loaded.sets().any(|keys| token.is_signed_with(&keys.of(kind).1))
    }

    /// Whether a key of this id is not among those we have.
    async fn is_unknown(&self, id: Option<&str>) -> bool {
        id.is_some() && !self.loaded.read().await.sets().any(|keys| keys.id.as_deref() == id)
    }

    /// Fetches the keys again if they are older than `age`, and answers whether it did. Where that fails, the
    /// old ones stay in force.
    async fn renew_after(&self, age: Duration) -> bool {
        let Some((secrets, arn)) = &self.secret else { return false };
        if self.loaded.read().await.since.elapsed() < age {
            return false;
        }
        match fetch(secrets, arn).await {
            Ok(loaded) => {
                *self.loaded.write().await = loaded;
                true
            }
            Err(error) => {
                tracing::error!(%error, "the keys in JWT_SECRET_ARN cannot be renewed");
                self.loaded.write().await.since = Instant::now();
                false
            }
        }
    }
}

/// Both versions of the secret; a missing previous one is normal.
async fn fetch(secrets: &Secrets, arn: &str) -> Result<Loaded, SecretError> {
    let (current, previous) =
        tokio::try_join!(secrets.current::<Plain>(arn), secrets.version::<Plain>(arn, "AWSPREVIOUS"))?;
    let usable = |version: Version<Plain>| {
        KeySet::new(Some(version.id), &version.value).map_err(SecretError::Unusable)
    };
    Ok(Loaded {
        current: usable(current)?,
        // An old version that is not usable cannot have signed anything.
        previous: previous.and_then(|version| usable(version).ok()),
        since: Instant::now(),
    })
}

impl KeySet {
    fn new(id: Option<String>, keys: &Plain) -> Result<Self, &'static str> {
        let (access, refresh) = (keys.access_key.expose_secret(), keys.refresh_key.expose_secret());
        if access.is_empty() || refresh.is_empty() {
            return Err("must not be empty");
        }
        if access == refresh {
            return Err("must be two different keys");
        }
        if [access, refresh].iter().any(|key| key.len() < MIN_KEY) {
            return Err("must have at least 32 bytes each");
        }
        if [access, refresh].iter().any(|key| PUBLISHED.contains(key)) {
            return Err("must not be the keys printed in the assignment");
        }
        let pair =
            |key: &str| (EncodingKey::from_secret(key.as_bytes()), DecodingKey::from_secret(key.as_bytes()));
        Ok(Self { id, access: pair(access), refresh: pair(refresh) })
    }

    fn of(&self, kind: Kind) -> &(EncodingKey, DecodingKey) {
        match kind {
            Kind::Access => &self.access,
            Kind::Refresh => &self.refresh,
        }
    }
}
