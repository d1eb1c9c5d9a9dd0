//! The operations tool: an event names a command, the answer says what was done.
//!
//! | event | does |
//! |---|---|
//! | `{"command":"migrate"}` | brings the schema to this executable's version |
//! | `{"command":"status"}` | says the schema's version and counts what is stored |
//! | `{"command":"grant","email":"ann@example.com","group":"moderator"}` | puts a user into a group |
//! | `{"command":"import","source":"seed","strict":false}` | stores what a CSV file adds to the catalogue |

mod command;
mod grant;
mod import;
mod schema;

use std::time::SystemTime;

use command::Command;
use serde_json::Value;
use shared::{
    Operation, OperationError, config::ConfigError, database::Database, secrets::Secrets, serve_operation,
};
use sqlx::PgConnection;

struct Manage {
    database: Database,
}

impl Operation for Manage {
    async fn start() -> Result<Self, ConfigError> {
        Ok(Self { database: Database::start(&Secrets::default()).await? })
    }

    async fn run(&self, event: Value, deadline: SystemTime) -> Result<Value, OperationError> {
        let command = Command::parse(event)?;
        let mut connection = self.session(deadline).await?;
        match command {
            Command::Migrate => schema::migrate(&mut connection).await,
            Command::Import { source, strict } => {
                schema::require(&mut connection).await?;
                import::import(&mut connection, source, strict).await
            }
            Command::Grant { email, group } => {
                schema::require(&mut connection).await?;
                grant::grant(&mut connection, &email, group).await
            }
            Command::Status => schema::status(&mut connection).await,
        }
    }
}

impl Manage {
    /// A session for one command. It closes with the command, however that ends, and the server then drops
    /// what it was doing: its locks, its transaction, and within a second a running statement.
    async fn session(&self, deadline: SystemTime) -> Result<PgConnection, OperationError> {
        let mut session = self.database.connection().await?.detach();
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
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    serve_operation::<Manage>().await
}
