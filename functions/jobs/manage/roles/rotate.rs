//! Rotates the database passwords of the functions without a failing request.
//!
//! `PASSWORD_ROTATION` chooses one of the two strategies that
//! [AWS](https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotation-strategy.html) describes:
//!
//! - `alternating`, the default. Each role has two logins that take turns. The one that is not in the secret gets a new
//!   password, logs in as a test, and moves into the secret; the other keeps its password until the next rotation.
//!   A function that still has the old secret keeps working, and one whose login fails reads the secret again.
//! - `in-place`, for RDS Proxy, which supports one user name per secret. The login keeps its name. The secret gets the
//!   new password before the database's transaction commits, so that only a function that connects between the two
//!   fails, and retries.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use shared::{JobError, config, database::Database, secrets::Secrets};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Credentials, Prefix, ROLES, Role};

/// The advisory lock for changes of logins; any number without another use as an advisory lock.
const LOCK: i64 = 0x726f_7461_7465;

/// The suffix of the name of a role's second login.
const CLONE_SUFFIX: &str = "_clone";

/// Takes the lock under which secrets are read and logins changed, and waits while another session holds it. The lock
/// ends with the session.
pub async fn lock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("SELECT pg_advisory_lock($1)", LOCK).execute(connection).await?;
    Ok(())
}

/// Releases the lock of [`lock`] before the session ends.
pub async fn unlock(connection: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query_scalar!("SELECT pg_advisory_unlock($1)", LOCK).fetch_one(connection).await?;
    Ok(())
}

/// Rotates the passwords of all secrets that are set, and returns the logins that are now in them. The next rotation after
/// a failure starts from the beginning. With `alternating` every secret works after a failure, with `in-place` all but the
/// one whose replacement was not confirmed.
pub async fn rotate(
    connection: &mut PgConnection,
    database: &Database,
    secrets: &Secrets,
) -> Result<Value, JobError> {
    let strategy = Strategy::read()?;
    lock(connection).await?;
    let mut logins = Vec::new();
    for role in &ROLES {
        if let Some(arn) = config::optional(role.variable) {
            logins.push(match strategy {
                Strategy::Alternating => role.alternate(connection, database, secrets, &arn).await?,
                Strategy::InPlace => role.replace(connection, database, secrets, &arn).await?,
            });
        }
    }
    if logins.is_empty() {
        let variables = ROLES.each_ref().map(|role| role.variable).join(", ");
        return Err(JobError::Failed(format!("None of {variables} is set; there is nothing to rotate.")));
    }
    Ok(json!({ "command": "rotate", "logins": logins }))
}

/// The strategy: which login gets the new password.
#[derive(Clone, Copy, PartialEq)]
pub enum Strategy {
    /// The login that is not in the secret. Functions connect to the server itself.
    Alternating,
    /// The login in the secret. Functions connect to a proxy, which logs in to the server.
    InPlace,
}

impl Strategy {
    /// Reads `PASSWORD_ROTATION`.
    pub fn read() -> Result<Self, JobError> {
        match config::optional("PASSWORD_ROTATION").as_deref() {
            None | Some("alternating") => Ok(Self::Alternating),
            Some("in-place") => Ok(Self::InPlace),
            Some(_) => Err(JobError::Failed("PASSWORD_ROTATION must be alternating or in-place.".into())),
        }
    }
}

impl Role {
    /// Replaces the password of the login in the secret. Keeps the old password if Secrets Manager does not confirm the new
    /// one; if it has stored that one all the same, the secret fails until the next rotation.
    async fn replace(
        &self,
        connection: &mut PgConnection,
        database: &Database,
        secrets: &Secrets,
        arn: &str,
    ) -> Result<String, JobError> {
        let username = self.credentials(secrets, arn).await?.username;
        let next = Credentials { username, password: new_password()? };
        let mut transaction = connection.begin().await?;
        self.set_login(&mut transaction, &Prefix::read()?, Strategy::InPlace, &next).await?;
        self.store(secrets, arn, &next).await?;
        transaction.commit().await?;
        next.check(database).await?;
        Ok(next.username)
    }

    async fn alternate(
        &self,
        connection: &mut PgConnection,
        database: &Database,
        secrets: &Secrets,
        arn: &str,
    ) -> Result<String, JobError> {
        let current = self.credentials(secrets, arn).await?;
        let next = Credentials {
            username: match current.username.strip_suffix(CLONE_SUFFIX) {
                Some(name) => name.to_owned(),
                None => format!("{}{CLONE_SUFFIX}", current.username),
            },
            password: new_password()?,
        };
        self.set_login(connection, &Prefix::read()?, Strategy::Alternating, &next).await?;
        next.check(database).await?;
        self.store(secrets, arn, &next).await?;
        Ok(next.username)
    }

    /// Stores `credentials` as the secret's current version.
    async fn store(&self, secrets: &Secrets, arn: &str, credentials: &Credentials) -> Result<(), JobError> {
        let Credentials { username, password } = credentials;
        let secret = json!({ "username": username, "password": password.expose_secret() });
        let stored = secrets.replace(arn, &secret.to_string()).await;
        stored.map_err(|error| JobError::Failed(format!("{} {error}.", self.variable)))
    }
}

impl Credentials {
    /// Logs in with these credentials, without the proxy.
    async fn check(&self, database: &Database) -> sqlx::Result<()> {
        let options = database.options().username(&self.username).password(self.password.expose_secret());
        options.connect().await?.close().await
    }
}

fn new_password() -> Result<SecretString, JobError> {
    let token = shared::token::Token::generate();
    let token = token.map_err(|_| JobError::Failed("The system has no random numbers.".into()))?;
    Ok(token.expose().into())
}
