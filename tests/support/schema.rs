//! The schema of earlier releases.

use shared::database::migrations;
use sqlx::{Executor, PgConnection, migrate::Migrator};

use super::App;

/// Starts the API on an empty database with the schema of a version. The functions' logins may read what the migrations make.
pub async fn with_schema(version: i64) -> (App, PgConnection) {
    let app = App::start().await;
    let mut db = app.db().await;
    let schema = "DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC;
        ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC";
    db.execute(schema).await.expect("the schema is replaced");
    let all = Migrator::new(xtask::root().join("migrations")).await.expect("the migrations are readable");
    let before = all.iter().filter(|migration| migration.version <= version).cloned().collect();
    migrations::run(&mut db, &Migrator::with_migrations(before)).await.expect("the migrations succeed");
    (app, db)
}
