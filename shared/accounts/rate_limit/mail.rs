//! How many mails one address gets, whatever client asks for them and for what.

use sqlx::postgres::types::PgInterval;

use super::{HashedKey, capacity_of, hashed_key, is_on, period};
use crate::config::ConfigError;

/// How long an empty bucket takes to fill.
const MINUTES: i64 = 60;

/// The limit on mails that requests send to one address: activation and password reset, counted together.
pub struct MailCap {
    is_on: bool,
    capacity: i32,
}

/// The bucket of an address, as arguments of the database's `rate_limit_take`: lists of one, or of none where limits
/// are off.
pub struct MailBuckets {
    /// Counts the mails that the address gets.
    pub mail: Vec<HashedKey>,
    /// Takes its place where the address gets none, so that strangers cannot use up what its owner will need, and the
    /// work is the same.
    pub decoy: Vec<HashedKey>,
    /// How many mails the bucket holds when full.
    pub capacities: Vec<i32>,
    /// How long an empty bucket takes to fill.
    pub period: PgInterval,
}

impl MailCap {
    /// Reads `MAIL_LIMIT_PER_HOUR` (5) and `RATE_LIMITS`.
    pub fn read() -> Result<Self, ConfigError> {
        Ok(Self { is_on: is_on()?, capacity: capacity_of("MAIL_LIMIT_PER_HOUR", 5)? })
    }

    /// The bucket of `address`.
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
