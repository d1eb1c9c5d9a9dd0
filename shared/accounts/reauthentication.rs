//! What only the owner of an account may do: requests with an access token and the password.

use sqlx::{PgConnection, postgres::types::PgInterval};

use super::{
    bearer, check_enabled,
    rate_limit::{Attempt, HashedKey, RateLimit},
};
use crate::{
    config::ConfigError,
    database::Database,
    http::{Body, Error, Request},
    jwt::{AccessKeys, Claims, TokenError},
    models::Secret,
    passwords::{Hasher, Verification},
    secrets::Secrets,
    validation::FromObject,
};

/// Detail of the 400 for a wrong password.
pub const INVALID_PASSWORD: &str = "Invalid password.";

/// Authenticates requests by an access token and a password. Wrong passwords are limited as failed logins are, for each
/// user and apart from those.
pub struct Reauthentication {
    /// The database.
    pub database: Database,
    /// Hashes passwords.
    pub hasher: Hasher,
    keys: AccessKeys,
    limit: RateLimit,
}

/// The user that a request names with its access token, before the password is verified.
pub struct Owner {
    /// The user's id.
    pub user_id: i64,
    /// The session of the access token. `None` if it has none.
    pub session_id: Option<i64>,
    /// The address.
    pub email: String,
    /// The stored hash of the password.
    pub hashed_password: String,
    /// The result of `rate_limit_take`, see [`rate_limit::check`](super::rate_limit::check).
    pub wait: i32,
    /// What `wait` was taken from, to be given back after the correct password.
    pub attempt: Attempt,
    claims: Claims,
}

impl Reauthentication {
    /// Reads the settings. Fails as [`Database::start`], [`AccessKeys::start`] and [`RateLimit::for_passwords`] do.
    pub async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        let limit = RateLimit::for_passwords()?;
        let (database, keys) = tokio::try_join!(Database::start(secrets), AccessKeys::start(secrets))?;
        Ok(Self { database, hasher: Hasher::default(), keys, limit })
    }

    /// Authenticates a request by its access token, reads its body, and counts an attempt at the password. One round trip.
    ///
    /// Fails as [`Caller::authenticate`](super::Caller::authenticate) does, then with the faults of the body, which counts
    /// no attempt. Does not fail beyond the limit: the caller [checks](super::rate_limit::check) `Owner::wait`.
    pub async fn authenticate<T: FromObject>(&self, request: &Request) -> Result<(Owner, T), Error> {
        let body = request.read::<Body<T>>();
        let claims = bearer::claims(request, &self.keys).await?;
        let attempt = self.limit.attempt(request, &format!("user {}", claims.user_id));
        let owner = self.load(claims, attempt, body.is_ok()).await?;
        let Body(body) = body?;
        Ok((owner, body))
    }

    /// Loads the owner again, whose password may have changed in the meantime.
    pub async fn reload(&self, owner: Owner) -> Result<Owner, Error> {
        self.load(owner.claims, owner.attempt, false).await
    }

    /// Returns whether the password is the owner's.
    pub async fn is_correct(&self, owner: &Owner, password: &Secret) -> Result<bool, Error> {
        let verification = self.hasher.verify(password, Some(owner.hashed_password.clone())).await?;
        Ok(verification != Verification::Wrong)
    }

    /// Returns the client of `request` as the table `known_clients` has it for the owner.
    pub fn client(&self, request: &Request, owner: &Owner) -> HashedKey {
        self.limit.client(request, &owner.email)
    }

    /// Gives the attempt back, of a request that is refused for another reason than its password.
    pub async fn give_back(&self, attempt: &Attempt) -> Result<(), Error> {
        let give_back = async |connection: &mut PgConnection| {
            sqlx::query!(
                "SELECT rate_limit_give_back($1, $2, $3)",
                &attempt.buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period,
            )
            .execute(connection)
            .await
        };
        self.database.write(give_back).await?;
        Ok(())
    }

    async fn load(&self, claims: Claims, attempt: Attempt, counts: bool) -> Result<Owner, Error> {
        let buckets = if counts { &attempt.buckets[..] } else { &[] };
        let load = async |connection: &mut PgConnection| {
            sqlx::query!(
                r#"
                SELECT email, hashed_password, account.is_active AND NOT is_disabled AS "is_enabled!",
                       CASE WHEN account.is_active AND NOT is_disabled THEN rate_limit_take($4, $5, $6) ELSE 0 END
                           AS "wait!"
                FROM authenticate($1, $2, $3) AS account JOIN users ON id = user_id
                "#,
                claims.user_id,
                claims.session_id,
                claims.issued_at,
                buckets as &[HashedKey],
                &attempt.capacities,
                attempt.period.clone() as PgInterval,
            )
            .fetch_optional(connection)
            .await
        };
        let user = self.database.write(load).await?;
        let user = user.ok_or(Error::Unauthorized(TokenError::Invalid.detail()))?;
        check_enabled(user.is_enabled)?;
        Ok(Owner {
            user_id: claims.user_id,
            session_id: claims.session_id,
            email: user.email,
            hashed_password: user.hashed_password,
            wait: user.wait,
            attempt,
            claims,
        })
    }
}
