//! How often somebody may try: token buckets in the database, one set for each kind of attempt.
//!
//! A set has a bucket for the address and the client together, one for the address, and one for the client.
//! Whoever guesses at one account from one place empties the first, from many places the second, and at many
//! accounts from one place the third. Addresses that nobody has are counted like all others.

use std::net::IpAddr;

use ring::digest::{Context, SHA256};
use sqlx::postgres::types::PgInterval;

use super::digest;
use crate::{
    config::{self, ConfigError},
    http::{Error, Request},
};

/// The limits for one kind of attempt.
pub struct Limits {
    kind: &'static str,
    on: bool,
    hops: usize,
    capacities: [i32; 3],
    minutes: i64,
}

/// The buckets that one attempt takes from, as arguments of the database's `take_attempt`.
pub struct Attempt {
    /// The buckets, most specific first.
    pub buckets: Vec<Vec<u8>>,
    /// Beside each bucket the address it is about.
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
            "login",
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
        let client = network(request.client(self.hops));
        let about = digest(address);
        let mut attempt = Attempt {
            buckets: vec![
                self.bucket("both", &[address, &client]),
                self.bucket("address", &[address]),
                self.bucket("client", &[&client]),
            ],
            addresses: vec![Some(about.clone()), Some(about), None],
            capacities: self.capacities.to_vec(),
            period: PgInterval { months: 0, days: 0, microseconds: self.minutes * 60_000_000 },
        };
        if !self.on {
            attempt.buckets.clear();
        }
        attempt
    }

    fn bucket(&self, scope: &str, parts: &[&str]) -> Vec<u8> {
        let mut hash = Context::new(&SHA256);
        for part in [self.kind, scope].iter().chain(parts) {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        hash.finish().as_ref().to_vec()
    }
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
