//! Waiting for a lock of the database as an event.

use super::App;

/// Returns once a statement of the app's database waits for another transaction.
pub async fn statement_waits(app: &App) {
    let mut db = app.db().await;
    let waiting =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while sqlx::query(waiting).fetch_optional(&mut db).await.expect("the server answers").is_none() {
        tokio::task::yield_now().await;
    }
}
