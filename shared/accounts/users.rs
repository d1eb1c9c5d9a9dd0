//! What admins read and change of accounts.

use sqlx::PgConnection;

use crate::{
    http::Paging,
    models::{
        EmailAddress, Group,
        administration::{AccountChange, AccountState, ManagedUser, UserPage, UserQuery},
    },
};

/// Returns a page of the accounts that match, the newest id first, or `None` if the page is empty. One round trip.
pub async fn find_users(connection: &mut PgConnection, query: &UserQuery) -> sqlx::Result<Option<UserPage>> {
    let paging = Paging { page: query.page, per_page: query.per_page };
    let part = query.q.as_ref().map(|text| text.as_str());
    let (group, state) = (query.group.map(Group::name), query.state.map(AccountState::name));
    // `strpos`, because no character of the text has a meaning to it.
    let rows = sqlx::query!(
        r#"
        WITH found AS NOT MATERIALIZED (
            SELECT users.id, email, name, is_active, disabled_at, created_at
            FROM users JOIN user_groups ON user_groups.id = group_id
            WHERE ($1::text IS NULL OR strpos(email, $1) > 0)
              AND ($2::text IS NULL OR name = $2::user_group)
              AND CASE $3::text
                      WHEN 'active' THEN is_active AND disabled_at IS NULL
                      WHEN 'inactive' THEN NOT is_active AND disabled_at IS NULL
                      WHEN 'disabled' THEN disabled_at IS NOT NULL
                      ELSE true
                  END
        )
        SELECT id, email, name::text AS "group!: Group", is_active, disabled_at IS NOT NULL AS "is_disabled!",
               created_at, (SELECT count(*) FROM found) AS "total!"
        FROM found ORDER BY id DESC OFFSET $4 LIMIT $5
        "#,
        part.map(EmailAddress::normal_part),
        group,
        state,
        paging.offset(),
        paging.per_page,
    )
    .fetch_all(connection)
    .await?;
    let Some(total) = rows.first().map(|row| row.total) else { return Ok(None) };
    let filters = [("q", part), ("group", group), ("state", state)];
    let (prev_page, next_page) = paging.links("/accounts/users/", &filters, total);
    let users = rows.into_iter().map(|row| ManagedUser {
        id: row.id,
        email: row.email,
        group: row.group,
        is_active: row.is_active,
        is_disabled: row.is_disabled,
        created_at: row.created_at,
    });
    Ok(Some(UserPage {
        users: users.collect(),
        prev_page,
        next_page,
        total_pages: paging.total_pages(total),
        total_items: total,
    }))
}

/// What became of a change of an account.
pub enum ChangeOutcome {
    /// This is the account after it.
    Done(ManagedUser),
    /// The account does not exist.
    Missing,
    /// No admin would be left who is active and not disabled. Nothing has changed.
    LastAdmin,
}

/// Changes the account with this id, and records it as done by `actor` with this user agent. Disabling ends its sessions
/// and deletes the tokens that were mailed. One round trip, all or nothing.
pub async fn change_account(
    connection: &mut PgConnection,
    user_id: i64,
    change: &AccountChange,
    actor: Option<i64>,
    user_agent: Option<&str>,
) -> sqlx::Result<ChangeOutcome> {
    let changed = sqlx::query!(
        r#"
        SELECT is_refused AS "is_refused!", address AS "email!", in_group::text AS "group!: Group",
               activated AS "is_active!", disabled AS "is_disabled!", registered_at AS "created_at!"
        FROM change_account($1, $2::text::user_group, $3, $4, $5) WHERE address IS NOT NULL
        "#,
        user_id,
        change.group.map(Group::name),
        change.is_disabled,
        actor,
        user_agent,
    )
    .fetch_optional(connection)
    .await?;
    Ok(match changed {
        None => ChangeOutcome::Missing,
        Some(row) if row.is_refused => ChangeOutcome::LastAdmin,
        Some(row) => ChangeOutcome::Done(ManagedUser {
            id: user_id,
            email: row.email,
            group: row.group,
            is_active: row.is_active,
            is_disabled: row.is_disabled,
            created_at: row.created_at,
        }),
    })
}
