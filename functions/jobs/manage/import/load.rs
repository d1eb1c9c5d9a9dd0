//! From the staging table into the catalogue: one transaction, in statements over whole sets.
//!
//! Rows are inserted in the order in which every writer of the catalogue takes them: countries, genres,
//! actors, languages, movies, links; names in the order of their bytes. So nobody waits in a circle.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};

/// Serialises imports; any number that nobody else uses as an advisory lock.
const IMPORT_LOCK: i64 = 0x6d6f_7669_6573;

/// How many movies get their links in one statement: the server remembers two foreign key checks for each
/// link until the statement ends.
const BATCH: i64 = 50_000;

/// The codes of "serialization failure" and "deadlock detected" (PostgreSQL manual, appendix A).
const RETRYABLE_ERRORS: [&str; 2] = ["40001", "40P01"];

/// A kind of names that movies are linked to.
struct NameTable {
    table: &'static str,
    links: &'static str,
    key: &'static str,
}

const NAME_TABLES: [NameTable; 3] = [
    NameTable { table: "genres", links: "movies_genres", key: "genre_id" },
    NameTable { table: "actors", links: "actors_movies", key: "actor_id" },
    NameTable { table: "languages", links: "movies_languages", key: "language_id" },
];

/// Stores every movie of `kept` that the catalogue lacks, with all it is linked to, and answers how many
/// these were. `name_of` gives the English name of a country's code, where it has one.
pub async fn store(
    connection: &mut PgConnection,
    name_of: fn(&str) -> Option<&'static str>,
) -> sqlx::Result<u64> {
    let mut attempts = 3;
    loop {
        attempts -= 1;
        match attempt(connection, name_of).await {
            Err(sqlx::Error::Database(error))
                if attempts > 0 && error.code().is_some_and(|code| RETRYABLE_ERRORS.contains(&&*code)) =>
            {
                tracing::warn!(%error, "the transaction is retried");
            }
            outcome => return outcome,
        }
    }
}

async fn attempt(
    connection: &mut PgConnection,
    name_of: fn(&str) -> Option<&'static str>,
) -> sqlx::Result<u64> {
    let began = Instant::now();
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off").execute(&mut *transaction).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(IMPORT_LOCK).execute(&mut *transaction).await?;
    finished(began, "waited for other imports", 0);

    let mut imported = fresh(&mut transaction).await?;
    if imported > 0 {
        countries(&mut transaction, name_of).await?;
        for names in &NAME_TABLES {
            names.insert(&mut transaction).await?;
        }
        imported = movies(&mut transaction, imported).await?;
        for names in &NAME_TABLES {
            names.link(&mut transaction).await?;
        }
    }
    let began = Instant::now();
    transaction.commit().await?;
    finished(began, "committed", imported);
    Ok(imported)
}

/// Gives the movies that the catalogue lacks their ids, in the order of the file.
async fn fresh(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<u64> {
    let began = Instant::now();
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE fresh (line bigint PRIMARY KEY, movie_id bigint NOT NULL) ON COMMIT DROP",
    )
    .execute(&mut **transaction)
    .await?;
    let fresh = sqlx::query(
        "INSERT INTO fresh
        SELECT line, nextval(pg_get_serial_sequence('movies', 'id')) FROM (
            SELECT line FROM kept
            WHERE NOT EXISTS (SELECT FROM movies WHERE movies.name = kept.name AND movies.date = kept.date)
            ORDER BY line
        ) AS new",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    sqlx::raw_sql("ANALYZE fresh").execute(&mut **transaction).await?;
    finished(began, "looked for new movies", fresh);
    Ok(fresh)
}

/// Adds the missing countries, and names to those that have none.
async fn countries(
    transaction: &mut Transaction<'_, Postgres>,
    name_of: fn(&str) -> Option<&'static str>,
) -> sqlx::Result<()> {
    let began = Instant::now();
    let codes: Vec<String> = sqlx::query_scalar(
        r#"SELECT DISTINCT country COLLATE "C" FROM fresh JOIN staged USING (line) ORDER BY 1"#,
    )
    .fetch_all(&mut **transaction)
    .await?;
    let names: Vec<_> = codes.iter().map(|code| name_of(code)).collect();
    sqlx::query!(
        r#"INSERT INTO countries (code, name)
        SELECT code, name FROM unnest($1::text[], $2::text[]) AS new (code, name)
        WHERE NOT EXISTS (SELECT FROM countries WHERE countries.code = new.code)
        ORDER BY code COLLATE "C"
        ON CONFLICT (code) DO NOTHING"#,
        &codes,
        &names as &[Option<&str>],
    )
    .execute(&mut **transaction)
    .await?;
    sqlx::query!(
        "UPDATE countries SET name = new.name FROM unnest($1::text[], $2::text[]) AS new (code, name)
        WHERE countries.code = new.code AND countries.name IS NULL AND new.name IS NOT NULL",
        &codes,
        &names as &[Option<&str>],
    )
    .execute(&mut **transaction)
    .await?;
    finished(began, "stored countries", codes.len() as u64);
    Ok(())
}

/// Stores the `expected` new movies and answers how many are stored: those that somebody else stored
/// meanwhile drop out of `fresh`.
async fn movies(transaction: &mut Transaction<'_, Postgres>, expected: u64) -> sqlx::Result<u64> {
    let began = Instant::now();
    let stored = sqlx::query(
        "INSERT INTO movies (id, name, date, score, overview, status, budget, revenue, country_id)
        OVERRIDING SYSTEM VALUE
        SELECT movie_id, staged.name, date, score, overview, status, budget * 0.01, revenue, countries.id
        FROM fresh JOIN staged USING (line) JOIN countries ON countries.code = staged.country
        ORDER BY movie_id
        ON CONFLICT (name, date) DO NOTHING",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    if stored < expected {
        sqlx::query("DELETE FROM fresh WHERE NOT EXISTS (SELECT FROM movies WHERE movies.id = movie_id)")
            .execute(&mut **transaction)
            .await?;
    }
    finished(began, "stored movies", stored);
    Ok(stored)
}

impl NameTable {
    async fn insert(&self, transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
        let began = Instant::now();
        let table = self.table;
        let stored = sqlx::query(AssertSqlSafe(format!(
            r#"INSERT INTO {table} (name)
            SELECT name FROM (
                SELECT DISTINCT unnest({table}) AS name FROM fresh JOIN staged USING (line)
            ) AS new
            WHERE NOT EXISTS (SELECT FROM {table} WHERE {table}.name = new.name)
            ORDER BY name COLLATE "C"
            ON CONFLICT (name) DO NOTHING"#
        )))
        .execute(&mut **transaction)
        .await?
        .rows_affected();
        finished(began, &format!("stored {table}"), stored);
        Ok(())
    }

    async fn link(&self, transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
        let began = Instant::now();
        let Self { table, links, key } = self;
        let mut stored = 0;
        let mut after = 0;
        while after < i64::MAX {
            let last: Option<i64> =
                sqlx::query_scalar("SELECT line FROM fresh WHERE line > $1 ORDER BY line OFFSET $2 LIMIT 1")
                    .bind(after)
                    .bind(BATCH - 1)
                    .fetch_optional(&mut **transaction)
                    .await?;
            let last = last.unwrap_or(i64::MAX);
            stored += sqlx::query(AssertSqlSafe(format!(
                "INSERT INTO {links} (movie_id, {key})
                SELECT movie_id, {table}.id
                FROM fresh JOIN staged USING (line) CROSS JOIN unnest(staged.{table}) AS new (name)
                    JOIN {table} ON {table}.name = new.name
                WHERE line > $1 AND line <= $2
                ORDER BY movie_id, {table}.id"
            )))
            .bind(after)
            .bind(last)
            .execute(&mut **transaction)
            .await?
            .rows_affected();
            after = last;
        }
        finished(began, &format!("stored {links}"), stored);
        Ok(())
    }
}

fn finished(began: Instant, phase: &str, rows: u64) {
    tracing::info!(rows, duration_ms = began.elapsed().as_millis() as u64, "{phase}");
}
