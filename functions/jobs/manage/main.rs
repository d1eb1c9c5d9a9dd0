//! The operations tool: an event names a command, the answer says what was done.
//!
//! | event | does |
//! |---|---|
//! | `{"command":"migrate"}` | brings the schema to this executable's version |
//! | `{"command":"status"}` | says the schema's version and counts what is stored |
//! | `{"command":"grant","email":"ann@example.com","group":"moderator"}` | puts a user into a group |
//! | `{"command":"delete-account","email":"ann@example.com"}` | deletes an account with all that belongs to it |
//! | `{"command":"allow-mail","email":"ann@example.com"}` | lets mail go to an address again that bounced or complained |
//! | `{"command":"rotate"}` | gives the logins of the other functions new passwords |
//! | `{"command":"import","source":"seed","strict":false}` | stores what a CSV file adds to the catalogue |
//!
//! A request of CloudFormation for a custom resource migrates too, and is answered where it asks for.

mod allow_mail;
mod command;
mod delete_account;
mod deployment;
mod grant;
mod import;
mod roles;
mod schema;

use std::time::SystemTime;

use command::Command;
use deployment::Deployment;
use serde_json::{Value, json};
use shared::{Job, JobError, config::ConfigError, database::Database, json::Json, secrets::Secrets};
use sqlx::PgConnection;
use tokio::sync::OnceCell;

struct Manage {
    secrets: Secrets,
    database: OnceCell<Database>,
}

impl Job for Manage {
    /// Reads nothing yet: a deployment is told in its own way what is wrong with the settings.
    async fn start(secrets: &Secrets) -> Result<Self, ConfigError> {
        Ok(Self { secrets: secrets.clone(), database: OnceCell::new() })
    }

    async fn run(&self, event: Json<'_>, deadline: SystemTime) -> Result<Value, JobError> {
        match Deployment::parse(&event) {
            Some(deployment) => deployment.run(deadline, self.command(Command::Migrate, deadline)).await,
            None => self.command(Command::parse(event)?, deadline).await,
        }
    }
}

impl Manage {
    async fn command(&self, command: Command, deadline: SystemTime) -> Result<Value, JobError> {
        let database = self
            .database
            .get_or_try_init(|| Database::start(&self.secrets))
            .await
            .map_err(|error| JobError::Failed(format!("The function is not configured: {error}.")))?;
        let mut connection = session(database, deadline).await?;
        if !matches!(command, Command::Migrate | Command::Status) {
            schema::require(&mut connection).await?;
        }
        match command {
            Command::Migrate => {
                let mut answer = schema::migrate(&mut connection).await?;
                answer["logins"] = json!(roles::apply(&mut connection, &self.secrets).await?);
                Ok(answer)
            }
            Command::Import { source, strict } => import::import(&mut connection, source, strict).await,
            Command::Grant { email, group } => grant::grant(&mut connection, &email, group).await,
            Command::DeleteAccount { email } => delete_account::delete_account(&mut connection, &email).await,
            Command::AllowMail { email } => allow_mail::allow_mail(&mut connection, &email).await,
            Command::Rotate => roles::rotate(&mut connection, database, &self.secrets).await,
            Command::Status => schema::status(&mut connection).await,
        }
    }
}

/// A session for one command. It closes with the command, however that ends, and the server then drops what it
/// was doing: its locks, its transaction, and within a second a running statement.
async fn session(database: &Database, deadline: SystemTime) -> Result<PgConnection, JobError> {
    let mut session = database.dedicated_connection().await?;
    let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    sqlx::query!(
        // Only Linux can notice a client that is gone while a statement runs.
        "SELECT set_config('client_connection_check_interval',
                    CASE WHEN version() LIKE '%linux%' THEN '1s' ELSE '0' END, false) AS interval,
                set_config('statement_timeout', $1, false) AS timeout",
        format!("{}ms", time_left.as_millis().clamp(1, i32::MAX as u128)),
    )
    .fetch_one(&mut session)
    .await?;
    Ok(session)
}

fn main() -> Result<(), lambda_runtime::Error> {
    shared::serve_job::<Manage>()
}
