//! Rate limits: token buckets in the database, one set for each action.
//!
//! A set has a bucket for the address, buckets for the address together with the client, and buckets for the
//! client, one for each of its networks. Guesses at one account from many clients empty the first bucket,
//! guesses from one client the second, and guesses at many accounts from one client the third. Addresses
//! without an account count in the same way.

mod mail;
mod network;

pub use mail::{MailBuckets, MailCap};
use network::Networks;
use ring::digest::{Context, SHA256};
use sqlx::postgres::types::PgInterval;

use crate::{
    config::{self, ConfigError},
    http::{Error, Request},
};

const LOGIN: &str = "login";

/// How many minutes an empty bucket for wrong tokens takes to fill: as long as the bucket of the mails that
/// bring new tokens.
const TOKEN_MINUTES: i64 = 60;

/// The SHA-256 that identifies a bucket, an address or a client.
pub type HashedKey = [u8; 32];

/// The limits of one action.
pub struct RateLimit {
    action: &'static str,
    is_on: bool,
    hops: usize,
    /// In the order of the settings: address with client, address, client.
    capacities: [i32; 3],
    minutes: i64,
}

/// The buckets that one attempt takes tokens from, as arguments of the SQL function `rate_limit_take`.
pub struct Attempt {
    /// The buckets. Empty if rate limits are off.
    pub buckets: Vec<HashedKey>,
    /// The capacity of each bucket.
    pub capacities: Vec<i32>,
    /// How long an empty bucket takes to fill.
    pub period: PgInterval,
    /// For each bucket, the SHA-256 of the address whose failed logins it counts.
    pub addresses: Vec<Option<HashedKey>>,
    /// For each bucket, whether it also limits known clients, where the account has logged in or set its password.
    /// The other buckets count a known client but do not stop it, because strangers on other networks can
    /// empty them.
    pub binds_known: Vec<bool>,
    /// The address and the client's narrowest network, hashed as in the table `known_clients`.
    pub client: HashedKey,
    /// A bucket that limits nothing. Writing to it takes as long as storing a token or an event.
    pub token_decoy: HashedKey,
    /// Another one, for a mail.
    pub mail_decoy: HashedKey,
}

impl RateLimit {
    /// Reads the limits on failed logins: `LOGIN_LIMIT` (default 10) for an address with a client,
    /// `LOGIN_LIMIT_PER_ADDRESS` (100) and `LOGIN_LIMIT_PER_CLIENT` (100), each within `LIMIT_WINDOW_MINUTES`
    /// (15).
    pub fn for_logins() -> Result<Self, ConfigError> {
        let limits = [("LOGIN_LIMIT", 10), ("LOGIN_LIMIT_PER_ADDRESS", 100), ("LOGIN_LIMIT_PER_CLIENT", 100)];
        Self::read(LOGIN, limits, window_minutes()?)
    }

    /// Reads the limits on wrong passwords of users who are logged in: those on failed logins, counted separately.
    pub fn for_passwords() -> Result<Self, ConfigError> {
        Ok(Self { action: "password", ..Self::for_logins()? })
    }

    /// Reads the limits on requests that send mail, counted separately for each `action`: `MAIL_LIMIT`
    /// (default 5) for an address with a client, `MAIL_LIMIT_PER_ADDRESS` (20) and `MAIL_LIMIT_PER_CLIENT`
    /// (50), each within `LIMIT_WINDOW_MINUTES` (15).
    pub fn for_mail(action: &'static str) -> Result<Self, ConfigError> {
        let limits = [("MAIL_LIMIT", 5), ("MAIL_LIMIT_PER_ADDRESS", 20), ("MAIL_LIMIT_PER_CLIENT", 50)];
        Self::read(action, limits, window_minutes()?)
    }

    /// Reads the limits on wrong tokens, counted separately for each `action`: `TOKEN_LIMIT` (default 3) for
    /// an address with a client, `TOKEN_LIMIT_PER_ADDRESS` (4) and `TOKEN_LIMIT_PER_CLIENT` (50), each within
    /// an hour.
    ///
    /// See [`token_deletions`](Self::token_deletions) for those that delete the stored token.
    pub fn for_tokens(action: &'static str) -> Result<Self, ConfigError> {
        let limits = [("TOKEN_LIMIT", 3), ("TOKEN_LIMIT_PER_ADDRESS", 4), ("TOKEN_LIMIT_PER_CLIENT", 50)];
        Self::read(action, limits, TOKEN_MINUTES)
    }

    /// Reads `limits`, `RATE_LIMITS` (`on` or `off`) and `TRUSTED_PROXY_HOPS` (default 0, see
    /// [`Request::client`]).
    fn read(
        action: &'static str,
        limits: [(&'static str, i32); 3],
        minutes: i64,
    ) -> Result<Self, ConfigError> {
        let mut capacities = [0; 3];
        for (capacity, (variable, default)) in capacities.iter_mut().zip(limits) {
            *capacity = capacity_of(variable, default)?;
        }
        let hops = config::parsed("TRUSTED_PROXY_HOPS", 0)?;
        Ok(Self { action, is_on: is_on()?, hops, capacities, minutes })
    }

    /// Returns the bucket, with its capacity, of wrong tokens that delete the stored one: a quarter of those that
    /// `address` allows, at least one. By default it is less than the mails with new tokens ([`MailCap`]), which a
    /// stranger can also request: so most of the mailed tokens stay valid.
    pub fn token_deletions(&self, address: &str) -> (Vec<HashedKey>, [i32; 1]) {
        let bucket = hashed_key(&[self.action, "deletion", address]);
        (if self.is_on { vec![bucket] } else { Vec::new() }, [(self.capacities[1] / 4).max(1)])
    }

    /// Returns the client of `request` as the table `known_clients` has it for `address`.
    pub fn client(&self, request: &Request, address: &str) -> HashedKey {
        known_client(address, &Networks::of(request.client(self.hops)))
    }

    /// Returns the buckets of one attempt on `address` by the client of `request`.
    pub fn attempt(&self, request: &Request, address: &str) -> Attempt {
        let networks = Networks::of(request.client(self.hops));
        let mut attempt = Attempt {
            buckets: Vec::new(),
            capacities: Vec::new(),
            period: period(self.minutes),
            addresses: Vec::new(),
            binds_known: Vec::new(),
            client: known_client(address, &networks),
            token_decoy: hashed_key(&[self.action, "no token", address]),
            mail_decoy: hashed_key(&[self.action, "no mail", address]),
        };
        if self.is_on {
            self.add_buckets(&mut attempt, address, &networks);
        }
        attempt
    }

    /// Adds the buckets in the order in which every attempt locks them, so that attempts cannot deadlock. The client
    /// comes first, its widest network before the others, so that a client over its limit stores no row for another
    /// address or network; the address comes before its clients, as in `rate_limit_forget`.
    fn add_buckets(&self, attempt: &mut Attempt, address: &str, networks: &Networks) {
        let [together, per_address, per_client] = self.capacities;
        let login = (self.action == LOGIN).then(|| hashed_key(&[address]));
        let mut add = |bucket, capacity, address, binds_known| {
            attempt.buckets.push(bucket);
            attempt.capacities.push(capacity);
            attempt.addresses.push(address);
            attempt.binds_known.push(binds_known);
        };
        for network in networks.widest_first() {
            // Not "client", which functions of the release before lock last, also while both releases run.
            let bucket = hashed_key(&[self.action, "network", &network.name]);
            add(bucket, per_client.saturating_mul(network.clients), None, network.clients == 1);
        }
        add(hashed_key(&[self.action, "address", address]), per_address, login, false);
        for network in networks.widest_first() {
            let bucket = hashed_key(&[self.action, "both", address, &network.name]);
            add(bucket, together.saturating_mul(network.clients), login, network.clients == 1);
        }
    }
}

/// Returns what the SQL function `rate_limit_forget` takes to delete every failed login on `address`, for an owner who has
/// proved control of it: the bucket of the address, and the address.
pub fn failed_logins(address: &str) -> [HashedKey; 2] {
    [hashed_key(&[LOGIN, "address", address]), hashed_key(&[address])]
}

/// Fails with 429 unless `wait`, the result of `rate_limit_take` in seconds, is 0.
pub fn check(wait: i32) -> Result<(), Error> {
    match u32::try_from(wait) {
        Ok(0) => Ok(()),
        Ok(seconds) => Err(Error::TooManyAttempts(seconds)),
        Err(error) => Err(Error::internal(error)),
    }
}

/// Returns the client in its narrowest network, as the table `known_clients` has it for `address`.
fn known_client(address: &str, networks: &Networks) -> HashedKey {
    hashed_key(&[LOGIN, "known", address, networks.narrowest()])
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

/// Returns the SHA-256 of the parts. Each part ends with NUL, so that different lists of parts have different
/// hashes.
fn hashed_key(parts: &[&str]) -> HashedKey {
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
        let limit = RateLimit { action: LOGIN, is_on: true, hops: 0, capacities: [10, 100, 50], minutes: 15 };
        let mut attempt = limit_off(&limit, client);
        limit.add_buckets(&mut attempt, "ann@example.com", &Networks::of(client.parse().ok()));
        attempt
    }

    /// Returns an attempt without buckets.
    fn limit_off(limit: &RateLimit, client: &str) -> Attempt {
        let event = lambda_http::Request::new(lambda_http::Body::Empty);
        let off = RateLimit { is_on: false, ..*limit };
        assert!(client.parse::<std::net::IpAddr>().is_ok());
        off.attempt(&Request::new(event), "ann@example.com")
    }

    #[test]
    fn ipv4_attempt_uses_three_buckets() {
        let attempt = attempt("192.0.2.1");
        assert_eq!(attempt.capacities, [50, 100, 10]);
        assert_eq!(attempt.binds_known, [true, false, true]);
        assert_eq!(attempt.addresses.iter().filter(|address| address.is_some()).count(), 2);
    }

    #[test]
    fn wider_ipv6_networks_do_not_limit_known_clients() {
        let attempt = attempt("2001:db8::1");
        assert_eq!(attempt.capacities, [200, 100, 50, 100, 40, 20, 10]);
        assert_eq!(attempt.binds_known, [false, false, true, false, false, false, true]);
    }

    #[test]
    fn hashed_keys_differ_by_part_boundaries() {
        assert_ne!(hashed_key(&["a", "bc"]), hashed_key(&["ab", "c"]));
        assert_ne!(hashed_key(&["a", ""]), hashed_key(&["a"]));
    }
}
