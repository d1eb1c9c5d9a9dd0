//! Runs commands for operators: the event names the command, and the result reports what it did.
//! [`Command`] has the commands, and `docs/run/operate.md` an event for each.
//!
//! On a request from CloudFormation for a custom resource it migrates, and responds to the URL in the request.

mod accounts;
mod adopt;
mod allow_mail;
mod command;
mod country;
mod curate;
mod deployment;
mod import;
mod roles;
mod schema;
mod search;

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
    /// Reads no settings yet, because a deployment has its own way to report invalid ones.
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
                let indexed = search::index_missing(&mut connection, deadline).await?;
                if !indexed.was_complete() {
                    answer["search"] = indexed.to_json();
                }
                Ok(answer)
            }
            Command::IndexSearch => search::index(&mut connection, deadline).await,
            Command::Import { source, strict, dry_run } => {
                import::import(&mut connection, source, strict, dry_run).await
            }
            Command::Adopt { source, options } => {
                let mut answer =
                    adopt::adopt(&mut connection, source, options, &self.secrets, deadline).await?;
                let indexed = search::index_missing(&mut connection, deadline).await?;
                if !indexed.is_complete {
                    answer["search"] = indexed.to_json();
                }
                Ok(answer)
            }
            Command::Rename { list, from, to } => curate::rename(&mut connection, list, &from, &to).await,
            Command::Merge { list, from, into } => curate::merge(&mut connection, list, &from, &into).await,
            Command::RemoveUnused { list } => curate::remove_unused(&mut connection, list).await,
            Command::Users { query } => accounts::users(&mut connection, &query).await,
            Command::Events { query } => accounts::events(&mut connection, &query).await,
            Command::ChangeAccount { name, email, change } => {
                accounts::change(&mut connection, name, &email, &change).await
            }
            Command::EndSessions { email } => accounts::end_sessions(&mut connection, &email).await,
            Command::Delete { email } => accounts::delete(&mut connection, &email).await,
            Command::AllowMail { email } => allow_mail::allow_mail(&mut connection, &email).await,
            Command::Rotate => roles::rotate(&mut connection, database, &self.secrets).await,
            Command::Status => schema::status(&mut connection).await,
        }
    }
}

/// Opens a connection for one command. It closes when the command ends in any way, and PostgreSQL then releases its
/// locks, rolls back its transaction, and within a second cancels its statement.
async fn session(database: &Database, deadline: SystemTime) -> Result<PgConnection, JobError> {
    let mut session = database.dedicated_connection().await?;
    let time_left = deadline.duration_since(SystemTime::now()).unwrap_or_default();
    sqlx::query!(
        // Only on Linux can PostgreSQL detect a closed connection while a statement runs.
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
