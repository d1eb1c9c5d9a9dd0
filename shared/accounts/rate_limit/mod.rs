//! Rate limits: token buckets in the database, one set for each kind of attempt.
//!
//! A set has a bucket for the address, buckets for the address and the client together, and buckets for the client,
//! one for each of its networks. Guessing at one account from many places empties the first, from one place the
//! second, and guessing at many accounts from one place the third. Addresses without an account are counted like all
//! others.

mod mail;
mod network;

pub use mail::{MailBuckets, MailCap};
use network::Networks;
use ring::digest::{Context, SHA256};
use sqlx::{PgConnection, postgres::types::PgInterval};

use crate::{
    config::{self, ConfigError},
    http::{Error, Request},
};

const LOGIN: &str = "login";

/// How long an empty bucket for wrong tokens takes to fill: as long as that of the mails that bring new ones.
const TOKEN_MINUTES: i64 = 60;

/// The SHA-256 that names a bucket, or what a bucket is about.
pub type Name = [u8; 32];

/// The limits for one kind of attempt.
pub struct RateLimit {
    kind: &'static str,
    is_on: bool,
    hops: usize,
    /// In the order of the settings: both together, address, client.
    capacities: [i32; 3],
    minutes: i64,
}

/// The buckets that one attempt takes from, as arguments of the database's `rate_limit_take`.
pub struct Attempt {
    /// The buckets, the address's own first. Empty where limits are off.
    pub buckets: Vec<Name>,
    /// How many tokens each holds when full.
    pub capacities: Vec<i32>,
    /// How long an empty bucket takes to fill.
    pub period: PgInterval,
    /// Beside each bucket the SHA-256 of the address whose failed logins it counts.
    pub addresses: Vec<Option<Name>>,
    /// Beside each bucket whether it stops a client from which the account has logged in before. Others count what
    /// such a client does, and let it pass: they are those that strangers elsewhere can empty.
    pub binds_known: Vec<bool>,
    /// The address and the client's narrowest network, as the table `known_clients` names them.
    pub client: Name,
    /// Buckets that limit nothing. Writing to them takes as long as a token and a mail do, in that order.
    pub decoys: [Name; 2],
}

impl RateLimit {
    /// Limits on guessing passwords: `LOGIN_LIMIT` (10) failed logins for an address and client together,
    /// `LOGIN_LIMIT_PER_ADDRESS` (100) and `LOGIN_LIMIT_PER_CLIENT` (100), each in `LIMIT_WINDOW_MINUTES` (15).
    pub fn for_logins() -> Result<Self, ConfigError> {
        let limits = [("LOGIN_LIMIT", 10), ("LOGIN_LIMIT_PER_ADDRESS", 100), ("LOGIN_LIMIT_PER_CLIENT", 100)];
        Self::read(LOGIN, limits, window_minutes()?)
    }

    /// Limits on requests that send mail, counted apart for every `kind`: `MAIL_LIMIT` (5) for an address and
    /// client together, `MAIL_LIMIT_PER_ADDRESS` (20) and `MAIL_LIMIT_PER_CLIENT` (50), each in
    /// `LIMIT_WINDOW_MINUTES` (15).
    pub fn for_mail(kind: &'static str) -> Result<Self, ConfigError> {
        let limits = [("MAIL_LIMIT", 5), ("MAIL_LIMIT_PER_ADDRESS", 20), ("MAIL_LIMIT_PER_CLIENT", 50)];
        Self::read(kind, limits, window_minutes()?)
    }

    /// Limits on wrong tokens, counted apart for every `kind`: `TOKEN_LIMIT` (3) for an address and client together,
    /// `TOKEN_LIMIT_PER_ADDRESS` (4) and `TOKEN_LIMIT_PER_CLIENT` (50), each in an hour.
    ///
    /// A wrong token deletes the right one where a password is reset. So an address takes fewer of them in an hour
    /// than mails with new tokens ([`MailCap`]), and one of those stays good.
    pub fn for_tokens(kind: &'static str) -> Result<Self, ConfigError> {
        let limits = [("TOKEN_LIMIT", 3), ("TOKEN_LIMIT_PER_ADDRESS", 4), ("TOKEN_LIMIT_PER_CLIENT", 50)];
        Self::read(kind, limits, TOKEN_MINUTES)
    }

    /// Beside the limits: `RATE_LIMITS` (`on` or `off`) and `TRUSTED_PROXY_HOPS` (0, see [`Request::client`]).
    fn read(kind: &'static str, limits: [(&'static str, i32); 3], minutes: i64) -> Result<Self, ConfigError> {
        let mut capacities = [0; 3];
        for (capacity, (variable, default)) in capacities.iter_mut().zip(limits) {
            *capacity = capacity_of(variable, default)?;
        }
        let hops = config::parsed("TRUSTED_PROXY_HOPS", 0)?;
        Ok(Self { kind, is_on: is_on()?, hops, capacities, minutes })
    }

    /// One attempt on `address` by the client that sent `request`.
    pub fn attempt(&self, request: &Request, address: &str) -> Attempt {
        let networks = Networks::of(request.client(self.hops));
        let mut attempt = Attempt {
            buckets: Vec::new(),
            capacities: Vec::new(),
            period: period(self.minutes),
            addresses: Vec::new(),
            binds_known: Vec::new(),
            client: name(&[LOGIN, "known", address, networks.narrowest()]),
            decoys: [name(&[self.kind, "no token", address]), name(&[self.kind, "no mail", address])],
        };
        if self.is_on {
            self.add_buckets(&mut attempt, address, &networks);
        }
        attempt
    }

    /// Adds the buckets in the order that every attempt locks them in.
    fn add_buckets(&self, attempt: &mut Attempt, address: &str, networks: &Networks) {
        let [together, per_address, per_client] = self.capacities;
        let login = (self.kind == LOGIN).then(|| name(&[address]));
        let mut add = |bucket, capacity, address, binds_known| {
            attempt.buckets.push(bucket);
            attempt.capacities.push(capacity);
            attempt.addresses.push(address);
            attempt.binds_known.push(binds_known);
        };
        add(name(&[self.kind, "address", address]), per_address, login, false);
        for network in networks.iter() {
            let bucket = name(&[self.kind, "both", address, &network.name]);
            add(bucket, together.saturating_mul(network.clients), login, network.clients == 1);
        }
        for network in networks.iter() {
            let bucket = name(&[self.kind, "client", &network.name]);
            add(bucket, per_client.saturating_mul(network.clients), None, network.clients == 1);
        }
    }
}

/// Forgets every failed login on `address`, as after its owner proved to be in control of it.
///
/// The address's own bucket goes first: it is the one that every attempt locks first.
pub async fn forget(connection: &mut PgConnection, address: &str) -> sqlx::Result<()> {
    let first = name(&[LOGIN, "address", address]);
    sqlx::query!("DELETE FROM attempt_buckets WHERE bucket = $1", &first[..])
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM attempt_buckets WHERE address = $1", &name(&[address])[..])
        .execute(connection)
        .await?;
    Ok(())
}

/// Refuses with 429, unless the `wait` that `rate_limit_take` answered is 0 seconds.
pub fn check(wait: i32) -> Result<(), Error> {
    match u32::try_from(wait) {
        Ok(0) => Ok(()),
        Ok(seconds) => Err(Error::TooManyAttempts(seconds)),
        Err(error) => Err(Error::internal(error)),
    }
}

fn is_on() -> Result<bool, ConfigError> {
    config::switch("RATE_LIMITS", true)
}

fn capacity_of(variable: &'static str, default: i32) -> Result<i32, ConfigError> {
    let capacity = config::parsed(variable, default)?;
    if capacity < 1 { Err(ConfigError::new(variable, "must be at least 1")) } else { Ok(capacity) }
}

fn window_minutes() -> Result<i64, ConfigError> {
    let minutes = config::parsed("LIMIT_WINDOW_MINUTES", 15)?;
    if !(1..=24 * 60).contains(&minutes) {
        return Err(ConfigError::new("LIMIT_WINDOW_MINUTES", "must be from 1 to 1440"));
    }
    Ok(minutes)
}

fn period(minutes: i64) -> PgInterval {
    PgInterval { months: 0, days: 0, microseconds: minutes * 60_000_000 }
}

/// The SHA-256 of the parts; no two lists of parts without NUL have the same text.
fn name(parts: &[&str]) -> Name {
    let mut hash = Context::new(&SHA256);
    for part in parts {
        hash.update(part.as_bytes());
        hash.update(&[0]);
    }
    let mut name = [0; 32];
    name.copy_from_slice(hash.finish().as_ref());
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt(client: &str) -> Attempt {
        let limit = RateLimit { kind: LOGIN, is_on: true, hops: 0, capacities: [10, 100, 50], minutes: 15 };
        let mut attempt = limit_off(&limit, client);
        limit.add_buckets(&mut attempt, "ann@example.com", &Networks::of(client.parse().ok()));
        attempt
    }

    /// What an attempt is before its buckets are added.
    fn limit_off(limit: &RateLimit, client: &str) -> Attempt {
        let event = lambda_http::Request::new(lambda_http::Body::Empty);
        let off = RateLimit { is_on: false, ..*limit };
        assert!(client.parse::<std::net::IpAddr>().is_ok());
        off.attempt(&Request::new(event), "ann@example.com")
    }

    #[test]
    fn ipv4_attempt_takes_from_three_buckets() {
        let attempt = attempt("192.0.2.1");
        assert_eq!(attempt.capacities, [100, 10, 50]);
        assert_eq!(attempt.binds_known, [false, true, true]);
        assert_eq!(attempt.addresses.iter().filter(|address| address.is_some()).count(), 2);
    }

    #[test]
    fn wider_ipv6_networks_do_not_bind_known_clients() {
        let attempt = attempt("2001:db8::1");
        assert_eq!(attempt.capacities, [100, 10, 20, 40, 50, 100, 200]);
        assert_eq!(attempt.binds_known, [false, true, false, false, true, false, false]);
    }

    #[test]
    fn names_tell_the_parts_apart() {
        assert_ne!(name(&["a", "bc"]), name(&["ab", "c"]));
        assert_ne!(name(&["a", ""]), name(&["a"]));
    }
}
