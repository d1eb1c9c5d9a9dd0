//! Lists and changes accounts as admins do, and deletes them. The events have no actor: IAM decides who is an operator, and a
//! trail of Lambda's data events records who it was.

use serde_json::{Value, json};
use shared::{
    JobError,
    accounts::{
        CANNOT_DELETE_LAST_ADMIN, CANNOT_DEMOTE_LAST_ADMIN, ChangeOutcome, NO_EVENTS, NO_USERS,
        change_account, find_events, find_users, rate_limit,
    },
    models::{
        EmailAddress,
        administration::{AccountChange, EventQuery, UserQuery},
    },
};
use sqlx::PgConnection;

/// Returns a page of the accounts that match.
pub async fn users(connection: &mut PgConnection, query: &UserQuery) -> Result<Value, JobError> {
    let page = find_users(connection, query).await?;
    let page = page.ok_or_else(|| JobError::Failed(NO_USERS.into()))?;
    Ok(
        json!({ "command": "users", "users": page.users, "pages": page.total_pages, "total": page.total_items }),
    )
}

/// Returns a page of the audit trail.
pub async fn events(connection: &mut PgConnection, query: &EventQuery) -> Result<Value, JobError> {
    let page = find_events(connection, query).await?;
    let page = page.ok_or_else(|| JobError::Failed(NO_EVENTS.into()))?;
    Ok(
        json!({ "command": "events", "events": page.events, "pages": page.total_pages, "total": page.total_items }),
    )
}

/// Changes the account with this address, effective from the next request. Returns its id, group and state.
///
/// Fails if no account has the address, and if no admin would be left who is active and not disabled.
pub async fn change(
    connection: &mut PgConnection,
    command: &str,
    email: &EmailAddress,
    change: &AccountChange,
) -> Result<Value, JobError> {
    let user_id = find(connection, email).await?;
    match change_account(connection, user_id, change, None, None).await? {
        ChangeOutcome::Done(user) => Ok(json!({
            "command": command, "user_id": user.id, "group": user.group, "is_disabled": user.is_disabled,
        })),
        ChangeOutcome::Missing => Err(no_account()),
        ChangeOutcome::LastAdmin => Err(JobError::Failed(CANNOT_DEMOTE_LAST_ADMIN.into())),
    }
}

/// Ends all sessions of the account with this address, and returns how many were open. Fails if no account has the
/// address.
pub async fn end_sessions(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    let user_id = find(connection, email).await?;
    let ended = sqlx::query_scalar!(
        r#"
        WITH open AS MATERIALIZED (
            SELECT count(*) AS sessions FROM refresh_tokens WHERE user_id = $1 AND expires_at > now()
        ), ended AS MATERIALIZED (
            SELECT sessions, end_sessions($1) FROM open
        ), event AS (
            INSERT INTO events (action, user_id) SELECT 'sessions_ended', $1 FROM ended
        )
        SELECT sessions AS "sessions!" FROM ended
        "#,
        user_id,
    )
    .fetch_one(connection)
    .await?;
    Ok(json!({ "command": "end-sessions", "user_id": user_id, "sessions": ended }))
}

/// Deletes the account with this address as its owner can, but mails no notice, and leaves the pictures to the nightly
/// purge. Returns the user's id, or null if no account has the address. Fails for the last admin.
pub async fn delete(connection: &mut PgConnection, email: &EmailAddress) -> Result<Value, JobError> {
    let [own, about] = rate_limit::failed_logins(email.as_str());
    let account = sqlx::query!(
        r#"
        WITH account AS MATERIALIZED (
            SELECT id, is_last_admin(id) AS is_last FROM users WHERE email = $1
        ), deletion AS MATERIALIZED (
            SELECT delete_user(id), rate_limit_forget($2, $3) FROM account WHERE NOT is_last
        )
        SELECT id, is_last AS "is_last!" FROM account LEFT JOIN deletion ON true
        "#,
        email.as_str(),
        &own[..],
        &about[..],
    )
    .fetch_optional(connection)
    .await?;
    if account.as_ref().is_some_and(|account| account.is_last) {
        return Err(JobError::Failed(CANNOT_DELETE_LAST_ADMIN.into()));
    }
    Ok(json!({ "command": "delete", "user_id": account.map(|account| account.id) }))
}

/// Returns the id of the account with this address.
async fn find(connection: &mut PgConnection, email: &EmailAddress) -> Result<i64, JobError> {
    let user_id = sqlx::query_scalar!("SELECT id FROM users WHERE email = $1", email.as_str());
    user_id.fetch_optional(connection).await?.ok_or_else(no_account)
}

fn no_account() -> JobError {
    JobError::Failed("No account has this address.".into())
}
