//! The audit trail. The statement that makes a change also inserts its event; here they are read.

use sqlx::PgConnection;

use crate::{
    http::Paging,
    models::administration::{Event, EventAction, EventPage, EventQuery},
};

/// Returns a page of the events, the newest first, of all or of those about one account, or `None` if the page is empty.
/// One round trip.
pub async fn find_events(
    connection: &mut PgConnection,
    query: &EventQuery,
) -> sqlx::Result<Option<EventPage>> {
    let paging = Paging { page: query.page, per_page: query.per_page };
    // Two statements, because each has a plan of its own.
    let rows = match query.user_id {
        None => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT id, at, action::text AS "action!: EventAction", actor_id, user_id, client,
                       (SELECT count(*) FROM events) AS "total!"
                FROM events ORDER BY id DESC OFFSET $1 LIMIT $2
                "#,
                paging.offset(),
                paging.per_page,
            )
            .fetch_all(connection)
            .await?
        }
        Some(user_id) => {
            sqlx::query_as!(
                Row,
                r#"
                SELECT id, at, action::text AS "action!: EventAction", actor_id, user_id, client,
                       (SELECT count(*) FROM events WHERE user_id = $1) AS "total!"
                FROM events WHERE user_id = $1 ORDER BY id DESC OFFSET $2 LIMIT $3
                "#,
                user_id,
                paging.offset(),
                paging.per_page,
            )
            .fetch_all(connection)
            .await?
        }
    };
    let Some(total) = rows.first().map(|row| row.total) else { return Ok(None) };
    let user_id = query.user_id.map(|id| id.to_string());
    let (prev_page, next_page) = paging.links("/accounts/events/", &[("user_id", user_id.as_deref())], total);
    let events = rows.into_iter().map(|row| Event {
        id: row.id,
        at: row.at,
        action: row.action,
        actor_id: row.actor_id,
        user_id: row.user_id,
        client: row.client,
    });
    Ok(Some(EventPage {
        events: events.collect(),
        prev_page,
        next_page,
        total_pages: paging.total_pages(total),
        total_items: total,
    }))
}

/// An event of a page, and the number of events on all pages.
struct Row {
    id: i64,
    at: chrono::DateTime<chrono::Utc>,
    action: EventAction,
    actor_id: Option<i64>,
    user_id: Option<i64>,
    client: Option<String>,
    total: i64,
}
