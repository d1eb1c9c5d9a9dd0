//! New passwords for the logins of the functions, without a request that fails.
//!
//! Each kind has two logins that take turns. The one that is not in the secret gets a new password, is tried,
//! and moves into the secret; the one that was keeps its password until the next turn. So a function that still
//! has the old secret goes on working, and one whose login was changed under it fetches the secret again.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use shared::{OperationError, config, database::Database, secrets::Secrets};
use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{Credentials, KINDS, Kind};

/// Serialises rotations; any number that nobody else uses as an advisory lock.
const ROTATION_LOCK: i64 = 0x726f_7461_7465;

/// The end of the name of a login's twin.
const TWIN: &str = "_clone";

/// Rotates the passwords of all secrets that are set, and answers the logins that are now in them. Of a
/// rotation that failed in the middle nothing is in a secret that does not work; the next one starts anew.
pub async fn rotate(
    connection: &mut PgConnection,
    database: &Database,
    secrets: &Secrets,
) -> Result<Value, OperationError> {
    sqlx::query!("SELECT pg_advisory_lock($1)", ROTATION_LOCK).execute(&mut *connection).await?;
    let mut logins = Vec::new();
    for kind in &KINDS {
        if let Some(arn) = config::optional(kind.variable) {
            logins.push(kind.rotate(connection, database, secrets, &arn).await?);
        }
    }
    if logins.is_empty() {
        let variables = KINDS.each_ref().map(|kind| kind.variable).join(" nor ");
        return Err(OperationError::Failed(format!(
            "Neither {variables} is set; there is nothing to rotate."
        )));
    }
    Ok(json!({ "command": "rotate", "logins": logins }))
}

impl Kind {
    async fn rotate(
        &self,
        connection: &mut PgConnection,
        database: &Database,
        secrets: &Secrets,
        arn: &str,
    ) -> Result<String, OperationError> {
        let current = self.credentials(secrets, arn).await?;
        let next = Credentials {
            username: match current.username.strip_suffix(TWIN) {
                Some(name) => name.to_owned(),
                None => format!("{}{TWIN}", current.username),
            },
            password: new_password()?,
        };
        self.set_login(connection, &next).await?;
        let options = database.options().username(&next.username).password(next.password.expose_secret());
        options.connect().await?.close().await?;
        let secret = json!({ "username": next.username, "password": next.password.expose_secret() });
        secrets
            .replace(arn, &secret.to_string())
            .await
            .map_err(|error| OperationError::Failed(format!("{} {error}.", self.variable)))?;
        Ok(next.username)
    }
}

fn new_password() -> Result<SecretString, OperationError> {
    let token = shared::accounts::Token::generate();
    let token = token.map_err(|_| OperationError::Failed("There is no randomness.".into()))?;
    Ok(token.expose().into())
}
