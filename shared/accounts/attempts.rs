//! How often somebody may try: token buckets in the database, one set for each kind of attempt.
//!
//! A set has a bucket for the address and the client together, one for the address, and one for the client.
//! Whoever guesses at one account from one place empties the first, from many places the second, and at many
//! accounts from one place the third. Addresses that nobody has are counted like all others.

use std::net::IpAddr;

use ring::digest::{Context, SHA256};
use sqlx::{PgConnection, postgres::types::PgInterval};

use super::digest;
use crate::{
    config::{self, ConfigError},
    http::{Error, Request},
};

const LOGIN: &str = "login";

/// The limits for one kind of attempt.
pub struct Limits {
    kind: &'static str,
    on: bool,
    hops: usize,
    /// In the order of the settings: both together, address, client.
    capacities: [i32; 3],
    minutes: i64,
}

/// The buckets that one attempt takes from, as arguments of the database's `take_attempt`.
pub struct Attempt {
    /// The buckets, the address's own first.
    pub buckets: Vec<Vec<u8>>,
    /// Beside each bucket the SHA-256 of the address whose failed logins it counts.
    pub addresses: Vec<Option<Vec<u8>>>,
    /// How many tokens each holds when full.
    pub capacities: Vec<i32>,
    /// How long an empty bucket takes to fill.
    pub period: PgInterval,
}

impl Limits {
    /// Limits on guessing passwords: `LOGIN_LIMIT` (10) failed logins for an address and client together,
    /// `LOGIN_LIMIT_PER_ADDRESS` (100) and `LOGIN_LIMIT_PER_CLIENT` (100).
    pub fn for_logins() -> Result<Self, ConfigError> {
        Self::read(
            LOGIN,
            [("LOGIN_LIMIT", 10), ("LOGIN_LIMIT_PER_ADDRESS", 100), ("LOGIN_LIMIT_PER_CLIENT", 100)],
        )
    }

    /// Limits on requests that send mail, counted apart for every `kind`: `MAIL_LIMIT` (5) for an address and
    /// client together, `MAIL_LIMIT_PER_ADDRESS` (20) and `MAIL_LIMIT_PER_CLIENT` (50).
    pub fn for_mail(kind: &'static str) -> Result<Self, ConfigError> {
        Self::read(kind, [("MAIL_LIMIT", 5), ("MAIL_LIMIT_PER_ADDRESS", 20), ("MAIL_LIMIT_PER_CLIENT", 50)])
    }

    /// Beside the limits: `RATE_LIMITS` (`on` or `off`), `LIMIT_WINDOW_MINUTES` (15) and
    /// `TRUSTED_PROXY_HOPS` (0, see [`Request::client`]).
    fn read(kind: &'static str, limits: [(&'static str, i32); 3]) -> Result<Self, ConfigError> {
        let on = match config::optional("RATE_LIMITS").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(_) => return Err(ConfigError::new("RATE_LIMITS", "must be on or off")),
        };
        let mut capacities = [0; 3];
        for (capacity, (variable, default)) in capacities.iter_mut().zip(limits) {
            *capacity = config::parsed(variable, default)?;
            if *capacity < 1 {
                return Err(ConfigError::new(variable, "must be at least 1"));
            }
        }
        let minutes = config::parsed("LIMIT_WINDOW_MINUTES", 15)?;
        if !(1..=24 * 60).contains(&minutes) {
            return Err(ConfigError::new("LIMIT_WINDOW_MINUTES", "must be from 1 to 1440"));
        }
        Ok(Self { kind, on, hops: config::parsed("TRUSTED_PROXY_HOPS", 0)?, capacities, minutes })
    }

    /// One attempt on `address` by whoever sent `request`. With limits off it takes from no bucket.
    pub fn attempt(&self, request: &Request, address: &str) -> Attempt {
        let [together, per_address, per_client] = self.capacities;
        let client = network(request.client(self.hops));
        let login = (self.kind == LOGIN).then(|| digest(address));
        let mut attempt = Attempt {
            buckets: vec![
                bucket(self.kind, "address", &[address]),
                bucket(self.kind, "both", &[address, &client]),
                bucket(self.kind, "client", &[&client]),
            ],
            addresses: vec![login.clone(), login, None],
            capacities: vec![per_address, together, per_client],
            period: PgInterval { months: 0, days: 0, microseconds: self.minutes * 60_000_000 },
        };
        if !self.on {
            attempt.buckets.clear();
        }
        attempt
    }
}

/// Forgets every attempt on `address`, as after its owner proved to be in control of it.
///
/// The address's own bucket goes first: it is the one that every attempt locks first.
pub async fn forget(connection: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    let first = bucket(LOGIN, "address", &[address]);
    sqlx::query!("DELETE FROM attempt_buckets WHERE bucket = $1", first).execute(&mut *connection).await?;
    sqlx::query!("DELETE FROM attempt_buckets WHERE address = $1", digest(address))
        .execute(connection)
        .await?;
    Ok(())
}

fn bucket(kind: &str, scope: &str, parts: &[&str]) -> Vec<u8> {
    let mut hash = Context::new(&SHA256);
    for part in [kind, scope].iter().chain(parts) {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    hash.finish().as_ref().to_vec()
}

/// Turns what `take_attempt` answered into the answer to the client: 429, unless the wait is 0 seconds.
pub fn granted(wait: i32) -> Result<(), Error> {
    match u32::try_from(wait) {
        Ok(0) => Ok(()),
        Ok(seconds) => Err(Error::TooManyAttempts(seconds)),
        Err(error) => Err(Error::internal(error)),
    }
}

/// Whom an address of the network stands for: itself, or its /64, which is the least that a customer of IPv6
/// gets ([RFC 6177](https://www.rfc-editor.org/rfc/rfc6177)).
fn network(client: Option<IpAddr>) -> String {
    match client.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        None => "unknown".into(),
    }
}
