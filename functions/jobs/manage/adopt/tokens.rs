//! Takes over the tokens of activations, password resets and sessions, as SHA-256.

use shared::{
    json::Json,
    models::Secret,
    validation::{Fault, FromObject, Object, model},
};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::{accounts::Moment, report::Report, staging::Table};
use crate::import::copy::Buffer;

model! {
    /// A token of the original.
    pub struct Token, draft TokenDraft {
        pub token: Secret,
        pub expires_at: Moment,
        pub user_id: i64,
    }
}

/// Declares the table `$name`. Without an expired token, the API's responses are the same as with it.
macro_rules! tokens {
    ($name:literal) => {
        Table {
            name: $name,
            query: concat!(
                "SELECT id, token, expires_at, user_id FROM public.",
                $name,
                " WHERE expires_at > now()"
            ),
            staging: "source_tokens",
            quotes: false,
            read: |id, row, buffer| read($name, id, row, buffer),
        }
    };
}

/// The tokens of activations.
pub const ACTIVATION_TOKENS: Table = tokens!("activation_tokens");
/// The tokens of resets.
pub const PASSWORD_RESET_TOKENS: Table = tokens!("password_reset_tokens");
/// The tokens of sessions.
pub const REFRESH_TOKENS: Table = tokens!("refresh_tokens");

/// The names of the three tables.
pub const NAMES: [&str; 3] = [ACTIVATION_TOKENS.name, PASSWORD_RESET_TOKENS.name, REFRESH_TOKENS.name];

fn read(source: &str, id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let token = Token::from_object(Object::new("body", row))?;
    buffer.row(5);
    buffer.text(source);
    buffer.integer(id);
    buffer.bytes(&token.token.digest());
    buffer.timestamp(token.expires_at.0);
    buffer.integer(token.user_id);
    Ok(())
}

/// Deletes the tokens that are gone from the original, because they were used there, and adds the new ones, except for
/// users who got one here.
pub async fn store(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE ended_tokens ON COMMIT DROP AS
         SELECT token_hash FROM adopted_tokens WHERE NOT EXISTS (
             SELECT FROM source_hashes WHERE source_hashes.token_hash = adopted_tokens.token_hash
         );
         DELETE FROM adopted_tokens USING ended_tokens WHERE adopted_tokens.token_hash = ended_tokens.token_hash",
    )
    .execute(&mut **transaction)
    .await?;
    for table in NAMES {
        // The original knows the first token of a session, which may have been replaced here.
        let hash = if table == REFRESH_TOKENS.name {
            "coalesce(first_token_hash, refresh_tokens.token_hash)".to_owned()
        } else {
            format!("{table}.token_hash")
        };
        let gone = sqlx::query(AssertSqlSafe(format!(
            "DELETE FROM {table} USING ended_tokens WHERE {hash} = ended_tokens.token_hash"
        )));
        let gone = gone.execute(&mut **transaction).await?.rows_affected();
        let new = sqlx::query(AssertSqlSafe(format!(
            "INSERT INTO {table} (token_hash, expires_at, user_id)
            SELECT token_hash, expires_at, user_id FROM source_tokens AS source JOIN users ON users.id = user_id
            WHERE source.source = $1 AND NOT EXISTS (
                SELECT FROM adopted_tokens WHERE adopted_tokens.token_hash = source.token_hash
            )
            ORDER BY source.id
            ON CONFLICT DO NOTHING"
        )));
        let new = new.bind(table).execute(&mut **transaction).await?.rows_affected();
        let counts = report.table(table);
        (counts.new, counts.gone) = (new, gone);
    }
    sqlx::raw_sql(
        "INSERT INTO adopted_tokens (token_hash, user_id)
         SELECT token_hash, user_id FROM source_tokens JOIN users ON users.id = user_id
         ON CONFLICT DO NOTHING",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
