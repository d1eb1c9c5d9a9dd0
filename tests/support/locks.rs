//! Waiting for a lock of the database as an event.

use sqlx::AssertSqlSafe;

use super::{App, poll};

/// Returns once at least this many statements of the app's database wait for other transactions.
pub async fn statements_wait(app: &App, count: i64) {
    until(app, |waiting| waiting >= count).await;
}

/// Returns once no statement of the app's database waits for another transaction.
pub async fn no_statement_waits(app: &App) {
    until(app, |waiting| waiting == 0).await;
}

/// Sets for how long connections that begin from now on wait for a lock before they look for a deadlock.
pub async fn set_deadlock_timeout(app: &App, timeout: &str) {
    let database = app.database().options().get_database().expect("the database has a name");
    let statement = format!("ALTER DATABASE {database} SET deadlock_timeout = '{timeout}'");
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut app.db().await)
        .await
        .expect("it is a superuser's right");
}

async fn until(app: &App, is_reached: impl Fn(i64) -> bool) {
    let mut db = app.db().await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let mut count =
        async || sqlx::query_scalar(waiting).fetch_one(&mut db).await.expect("the server answers");
    poll::until(async || is_reached(count().await)).await;
}
