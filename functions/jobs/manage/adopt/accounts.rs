//! Takes over users with their passwords and groups.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use shared::{
    json::Json,
    models::{EmailAddress, Group},
    validation::{Fault, Field, FromObject, Object, Trimmed, model, string},
};
use sqlx::{Postgres, Transaction};

use super::{report::Report, staging::Table};
use crate::import::copy::Buffer;

model! {
    /// A user of the original.
    pub struct User, draft UserDraft {
        pub email: EmailAddress,
        #[validate(length(min = 1))]
        pub hashed_password: Trimmed,
        pub is_active: bool,
        pub created_at: Moment,
        pub updated_at: Moment,
        pub group: Group,
    }
}

/// A point in time, and not "infinity".
#[derive(JsonSchema)]
pub struct Moment(pub DateTime<Utc>);

impl Field for Moment {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let moment = DateTime::parse_from_rfc3339(string(value)?);
        let moment =
            moment.map_err(|_| vec![Fault::new("datetime_parsing", "Input should be a valid datetime")]);
        moment.map(|moment| Self(moment.to_utc()))
    }
}

/// The table. The collation keeps a Turkish server from spelling `ADMIN` without a dot.
pub const USERS: Table = Table {
    name: "users",
    query: r#"SELECT users.id, email, hashed_password, is_active, created_at, updated_at,
                  lower(user_groups.name::text COLLATE "C") AS "group"
              FROM public.users LEFT JOIN public.user_groups ON user_groups.id = group_id"#,
    staging: "source_users",
    quotes: false,
    read,
};

fn read(id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let user = User::from_object(Object::new("body", row))?;
    buffer.row(7);
    buffer.integer(id);
    buffer.text(user.email.as_str());
    buffer.text(user.hashed_password.as_str());
    buffer.boolean(user.is_active);
    buffer.timestamp(user.created_at.0);
    buffer.timestamp(user.updated_at.0);
    buffer.text(user.group.name());
    Ok(())
}

/// Updates the users that have changed in the original, but only the parts (address and group, password, activation)
/// that have changed; a new password ends the sessions and the change of the address that began here, makes access
/// tokens without a session invalid, and forgets the known clients. Then adds the new users.
pub async fn store(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    // A unique index is checked row by row, so addresses that pass from user to user are freed first.
    sqlx::query(
        "UPDATE users SET email = 'moving ' || users.id
        FROM source_users AS source JOIN source_changes AS change ON kind = 'account' AND change.id = source.id
        WHERE users.id = source.id AND NOT is_new AND users.email <> source.email",
    )
    .execute(&mut **transaction)
    .await?;
    let changed: i64 = sqlx::query_scalar(
        "WITH parts AS (
            SELECT id, bool_or(kind = 'account') AS account, bool_or(kind = 'password') AS password,
                   bool_or(kind = 'activation') AS activation
            FROM source_changes WHERE kind IN ('account', 'password', 'activation') AND NOT is_new GROUP BY id
        ), changed AS (
            UPDATE users SET
                email = CASE WHEN parts.account THEN source.email ELSE users.email END,
                group_id = CASE WHEN parts.account THEN user_groups.id ELSE users.group_id END,
                hashed_password = CASE WHEN parts.password THEN source.hashed_password ELSE users.hashed_password END,
                tokens_valid_from = CASE WHEN parts.password THEN date_trunc('second', clock_timestamp())
                    ELSE users.tokens_valid_from END,
                is_active = CASE WHEN parts.activation THEN source.is_active ELSE users.is_active END
            FROM source_users AS source JOIN parts ON parts.id = source.id
                JOIN user_groups ON user_groups.name = source.user_group
            WHERE users.id = source.id
            RETURNING users.id
        )
        SELECT count(*) FROM changed",
    )
    .fetch_one(&mut **transaction)
    .await?;
    end_old_access(transaction).await?;
    let new = sqlx::query(
        "INSERT INTO users (id, email, hashed_password, is_active, created_at, updated_at, group_id)
        OVERRIDING SYSTEM VALUE
        SELECT source.id, email, hashed_password, is_active, created_at, updated_at, user_groups.id
        FROM source_users AS source JOIN source_changes AS change ON kind = 'account' AND change.id = source.id
            JOIN user_groups ON user_groups.name = source.user_group
        WHERE is_new
        ORDER BY source.id",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    let counts = report.table(USERS.name);
    (counts.new, counts.changed) = (new, changed as u64);
    Ok(())
}

/// Ends what began here with passwords that have changed: sessions, changes of addresses, and that networks are known.
/// Statements of their own, because the one that changes the passwords does not see the session of a login that it waited
/// for.
async fn end_old_access(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "DELETE FROM email_change_tokens AS token USING source_changes AS change
         WHERE kind = 'password' AND NOT is_new AND token.user_id = change.id;
         DELETE FROM known_clients USING source_changes AS change
         WHERE kind = 'password' AND NOT is_new AND known_clients.user_id = change.id;
         DELETE FROM refresh_tokens USING source_changes AS change
         WHERE kind = 'password' AND NOT is_new AND refresh_tokens.user_id = change.id AND NOT EXISTS (
             SELECT FROM source_hashes AS source
             WHERE source.token_hash = coalesce(first_token_hash, refresh_tokens.token_hash)
         )",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
