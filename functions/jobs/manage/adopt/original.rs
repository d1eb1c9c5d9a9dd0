//! Checks that a database is one of the original service.

use shared::JobError;
use sqlx::PgConnection;

use super::source::failure;

/// The tables and columns that a run reads.
const TABLES: [(&str, &[&str]); 14] = [
    ("user_groups", &["id", "name"]),
    ("users", &["id", "email", "hashed_password", "is_active", "created_at", "updated_at", "group_id"]),
    (
        "user_profiles",
        &["id", "first_name", "last_name", "avatar", "gender", "date_of_birth", "info", "user_id"],
    ),
    ("activation_tokens", &["id", "token", "expires_at", "user_id"]),
    ("password_reset_tokens", &["id", "token", "expires_at", "user_id"]),
    ("refresh_tokens", &["id", "token", "expires_at", "user_id"]),
    ("countries", &["id", "code", "name"]),
    ("genres", &["id", "name"]),
    ("actors", &["id", "name"]),
    ("languages", &["id", "name"]),
    ("movies", &["id", "name", "date", "score", "overview", "status", "budget", "revenue", "country_id"]),
    ("movies_genres", &["movie_id", "genre_id"]),
    ("actors_movies", &["movie_id", "actor_id"]),
    ("movies_languages", &["movie_id", "language_id"]),
];

/// Fails if a table or a column is missing, or the login may not read it, or a time has no time zone.
pub async fn require(original: &mut PgConnection) -> Result<(), JobError> {
    let columns =
        TABLES.iter().flat_map(|(table, columns)| columns.iter().map(move |column| (*table, *column)));
    let (tables, columns): (Vec<&str>, Vec<&str>) = columns.unzip();
    let missing: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (table_name, column_name, place)
         WHERE NOT EXISTS (
             SELECT FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             WHERE relnamespace = 'public'::regnamespace AND relname = table_name AND attname = column_name
                 AND has_column_privilege(attrelid, attnum, 'SELECT')
         )
         ORDER BY place",
    )
    .bind(&tables)
    .bind(&columns)
    .fetch_all(&mut *original)
    .await
    .map_err(failure)?;
    if !missing.is_empty() {
        return Err(JobError::Failed(format!(
            "The source is not a database of the original, or its login may not read it: {} missing. \
             Nothing is stored.",
            missing.join(", "),
        )));
    }
    let without_zone: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name
         FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS needed (table_name, column_name, place)
             JOIN pg_class ON relnamespace = 'public'::regnamespace AND relname = table_name
             JOIN pg_attribute ON attrelid = pg_class.oid AND attname = column_name
         WHERE atttypid = 'timestamp'::regtype
         ORDER BY place",
    )
    .bind(&tables)
    .bind(&columns)
    .fetch_all(original)
    .await
    .map_err(failure)?;
    if without_zone.is_empty() {
        Ok(())
    } else {
        Err(JobError::Failed(format!(
            "The source has times without a time zone: {} must be timestamp with time zone. Nothing is stored.",
            without_zone.join(", "),
        )))
    }
}
