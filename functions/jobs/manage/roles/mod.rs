//! Creates the database logins of the other functions, with their rights and the passwords in their secrets.

mod rotate;
mod verifier;

use ring::rand::{SecureRandom, SystemRandom};
use rotate::Strategy;
pub use rotate::rotate;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::{JobError, config, secrets::Secrets};
use sqlx::{AssertSqlSafe, PgConnection};
use verifier::verifier;

/// A database role that functions log in as.
struct Role {
    /// The part of the name that it shares with the role whose rights it has.
    name: &'static str,
    /// The variable that names its secret.
    variable: &'static str,
    /// Its `statement_timeout`. No statement runs longer than Lambda lets a function of the role run (`template.yaml`).
    statement_timeout: &'static str,
}

const ROLES: [Role; 7] = [
    // Limits searches (`functions/movies/list.rs`).
    Role { name: "reader", variable: "READER_SECRET_ARN", statement_timeout: "5s" },
    Role { name: "writer", variable: "WRITER_SECRET_ARN", statement_timeout: "29s" },
    Role { name: "accounts", variable: "ACCOUNTS_SECRET_ARN", statement_timeout: "10s" },
    // Limits lists of events and accounts.
    Role { name: "admin", variable: "ADMIN_SECRET_ARN", statement_timeout: "5s" },
    Role { name: "profiles", variable: "PROFILES_SECRET_ARN", statement_timeout: "10s" },
    Role { name: "mail", variable: "MAIL_SECRET_ARN", statement_timeout: "1min" },
    // Shorter, so that a kind of rows whose statement hangs does not keep others from being purged.
    Role { name: "purge", variable: "PURGE_SECRET_ARN", statement_timeout: "1min" },
];

/// Closes the connection of an execution environment that had no request for a minute. Lambda has frozen it, so it cannot
/// close the connection itself, and reconnects if another request comes (`shared/database/mod.rs`).
const REST: &str = "SET idle_session_timeout = '1min'";

/// For the connections of a proxy, which closes them by its own rules.
const NO_REST: &str = "RESET idle_session_timeout";

/// The longest prefix with which the longest name of a role fits into PostgreSQL's 63 bytes.
const LONGEST_PREFIX: usize = 63 - "_accounts_rights".len();

/// The prefix of the names of this stack's roles.
struct Prefix(String);

impl Prefix {
    /// Reads `DATABASE_ROLE_PREFIX`. Fails if it is missing, too long, or has other characters than names of roles may.
    fn read() -> Result<Self, JobError> {
        let prefix = config::optional("DATABASE_ROLE_PREFIX").unwrap_or_default();
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || !prefix.bytes().all(is_name) {
            return Err(JobError::Failed(format!(
                "DATABASE_ROLE_PREFIX must have 1 to {LONGEST_PREFIX} letters, digits, \"_\" and \"-\"."
            )));
        }
        Ok(Self(prefix))
    }

    /// Returns the statements of `grants.sql` for this prefix.
    fn grants(&self) -> String {
        include_str!("grants.sql").replace("{prefix}", &self.0)
    }
}

/// The credentials in a secret.
#[derive(Deserialize)]
struct Credentials {
    username: String,
    password: SecretString,
}

/// Creates or updates the logins as their secrets say, grants them their rights on all existing tables, and returns
/// their names. Waits for a rotation that runs, which changes the same logins. Does nothing if no secret is set: then the
/// functions share the owner's login.
pub async fn apply(connection: &mut PgConnection, secrets: &Secrets) -> Result<Vec<String>, JobError> {
    rotate::lock(connection).await?;
    let mut logins = Vec::new();
    for role in &ROLES {
        let Some(arn) = config::optional(role.variable) else { continue };
        let credentials = role.credentials(secrets, &arn).await?;
        let prefix = Prefix::read()?;
        if logins.is_empty() {
            sqlx::raw_sql(AssertSqlSafe(prefix.grants())).execute(&mut *connection).await?;
        }
        role.set_login(connection, &prefix, Strategy::read()?, &credentials).await?;
        logins.push(credentials.username);
    }
    rotate::unlock(connection).await?;
    Ok(logins)
}

impl Role {
    async fn credentials(&self, secrets: &Secrets, arn: &str) -> Result<Credentials, JobError> {
        let version = secrets.current(arn).await;
        version
            .map(|version| version.value)
            .map_err(|error| JobError::Failed(format!("{} {error}.", self.variable)))
    }

    /// Creates the login if it is new, and sets its password and timeouts. On Linux, PostgreSQL cancels the statement of a
    /// client that has closed its connection within a second. Sends PostgreSQL a SCRAM verifier, so that no log can contain
    /// the password.
    ///
    /// Fails if the password is not printable ASCII, because clients normalize others differently (SASLprep).
    async fn set_login(
        &self,
        connection: &mut PgConnection,
        prefix: &Prefix,
        strategy: Strategy,
        credentials: &Credentials,
    ) -> Result<(), JobError> {
        let Credentials { username, password } = credentials;
        let password = password.expose_secret();
        if password.is_empty() || !password.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            let variable = self.variable;
            return Err(JobError::Failed(format!(
                "{variable} holds a password that is not printable ASCII."
            )));
        }
        let exists = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS "exists!""#,
            username
        )
        .fetch_one(&mut *connection)
        .await?;
        let mut salt = [0; 16];
        let random = SystemRandom::new().fill(&mut salt);
        random.map_err(|_| JobError::Failed("The system has no random numbers.".into()))?;
        let is_direct = strategy == Strategy::Alternating;
        let verb = if exists { "ALTER" } else { "CREATE" };
        let statements = sqlx::query_scalar!(
            r#"SELECT format('%s ROLE %I LOGIN PASSWORD %L; GRANT %I TO %I',
                             $1::text, $2::text, $3::text, $4::text, $2::text)
                   || format('; ALTER ROLE %I SET statement_timeout = %L', $2::text, $5::text)
                   || format('; ALTER ROLE %I SET client_connection_check_interval = %L',
                             $2::text, CASE WHEN version() LIKE '%linux%' THEN '1s' ELSE '0' END)
                   || format('; ALTER ROLE %I ', $2::text) || $6::text AS "statements!""#,
            verb,
            username,
            verifier(password, &salt, is_direct),
            format!("{}_{}_rights", prefix.0, self.name),
            self.statement_timeout,
            if is_direct { REST } else { NO_REST },
        )
        .fetch_one(&mut *connection)
        .await?;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(connection).await?;
        Ok(())
    }
}
