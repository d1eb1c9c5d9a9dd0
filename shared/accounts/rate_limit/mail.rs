//! The limit on mails to one address, across all clients and endpoints.

use sqlx::postgres::types::PgInterval;

use super::{HashedKey, capacity_of, hashed_key, is_on, period};
use crate::config::ConfigError;

/// How many minutes an empty bucket takes to fill.
const MINUTES: i64 = 60;

/// Limits the mails that requests send to one address: activation and password reset share one bucket.
pub struct MailCap {
    is_on: bool,
    capacity: i32,
}

/// The bucket of an address, as arguments of the SQL function `rate_limit_take`. Each list has one item, or
/// none if rate limits are off.
pub struct MailBuckets {
    /// Counts the mails sent to the address.
    pub mail: Vec<HashedKey>,
    /// Replaces `mail` if the address gets no mail. The work is the same, and strangers cannot use up the
    /// limit of an address that may register later.
    pub decoy: Vec<HashedKey>,
    /// The capacity of the bucket: the number of mails.
    pub capacities: Vec<i32>,
    /// How long an empty bucket takes to fill.
    pub period: PgInterval,
}

impl MailCap {
    /// Reads `MAIL_LIMIT_PER_HOUR` (default 5) and `RATE_LIMITS`. Fails if one of them is invalid.
    pub fn read() -> Result<Self, ConfigError> {
        Ok(Self { is_on: is_on()?, capacity: capacity_of("MAIL_LIMIT_PER_HOUR", 5)? })
    }

    /// Returns the bucket of `address`.
    pub fn buckets(&self, address: &str) -> MailBuckets {
        let one = |name| if self.is_on { vec![name] } else { Vec::new() };
        MailBuckets {
            mail: one(hashed_key(&["mail", "address", address])),
            decoy: one(hashed_key(&["mail", "decoy", address])),
            capacities: vec![self.capacity],
            period: period(MINUTES),
        }
    }
}
