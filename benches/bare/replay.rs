//! Replays the statements of a function with only sqlx.

use std::{env, error::Error, fs, vec};

use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use sqlx::{AssertSqlSafe, PgConnection, query_with, raw_sql};

#[path = "parameters.rs"]
mod parameters;
#[path = "../../tests/support/statement.rs"]
mod statement;

use parameters::arguments;
use statement::Statement;

/// The statements of the next requests, and the hash.
pub struct Replay {
    requests: vec::IntoIter<Vec<Statement>>,
    hash: Option<String>,
}

impl Replay {
    /// Reads the file in `REPLAY`, and `HASH`: if that is a PHC string, every request also computes the hash.
    pub fn read() -> Result<Self, Box<dyn Error + Send + Sync>> {
        let requests: Vec<_> = serde_json::from_slice(&fs::read(env::var("REPLAY")?)?)?;
        Ok(Self { requests: requests.into_iter(), hash: env::var("HASH").ok() })
    }

    /// Sends the statements of the next request and reads every row.
    pub async fn next(&mut self, connection: &mut PgConnection) -> Result<(), Box<dyn Error + Send + Sync>> {
        for statement in self.requests.next().ok_or("all requests are sent")? {
            let Some(parameters) = statement.parameters else {
                raw_sql(AssertSqlSafe(statement.sql)).execute(&mut *connection).await?;
                continue;
            };
            let query = query_with(AssertSqlSafe(statement.sql), arguments(parameters)?);
            query.persistent(statement.is_prepared).fetch_all(&mut *connection).await?;
        }
        if let Some(hash) = &self.hash {
            let hash = PasswordHash::new(hash).map_err(|error| error.to_string())?;
            let outcome = Argon2::default().verify_password(b"WrongPassword123!", &hash);
            assert!(outcome.is_err(), "this is the right password");
        }
        Ok(())
    }
}
