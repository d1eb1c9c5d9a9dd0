//! Copies the staged movies into the catalogue, in one transaction of set-based statements.
//!
//! The links of an empty catalogue are stored in tables of their own at first ([`Links`]).
//!
//! To avoid deadlocks it locks rows in the order of every other writer: countries, genres, actors, languages, movies,
//! links, the search index; names in the order of their keys.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};

use super::links::Links;

/// The advisory lock that serializes imports; any number without another use as an advisory lock.
const IMPORT_LOCK: i64 = 0x6d6f_7669_6573;

/// How many movies one statement links. PostgreSQL keeps two foreign key checks per link in memory until the
/// statement ends.
const BATCH: i64 = 50_000;

/// The codes of "serialization failure" and "deadlock detected" (PostgreSQL manual, appendix A).
const RETRYABLE_ERRORS: [&str; 2] = ["40001", "40P01"];

/// The code of "unique violation".
const UNIQUE_VIOLATION: &str = "23505";

/// What becomes of a row that another transaction has stored since this one looked for it.
#[derive(Clone, Copy, PartialEq)]
pub enum Conflict {
    /// The statement fails. For rows without a conflict it takes a third less time.
    Fail,
    /// The row is skipped.
    Skip,
}

/// A table of names that movies link to, such as genres.
pub struct NameTable {
    table: &'static str,
    /// The table that links movies to it.
    pub links: &'static str,
    key: &'static str,
}

/// What [`store_fresh`] has stored.
pub struct Stored {
    /// The number of movies.
    pub movies: u64,
    links: Links,
}

/// The tables of names, in the order of every writer.
pub const NAME_TABLES: [NameTable; 3] = [
    NameTable { table: "genres", links: "movies_genres", key: "genre_id" },
    NameTable { table: "actors", links: "actors_movies", key: "actor_id" },
    NameTable { table: "languages", links: "movies_languages", key: "language_id" },
];

/// Stores every movie of `kept` that the catalogue lacks, with its links, and returns how many it stored. `name_of`
/// returns the English name of a country code, if it has one.
pub async fn store(
    connection: &mut PgConnection,
    name_of: fn(&str) -> Option<&'static str>,
) -> sqlx::Result<u64> {
    let (mut attempts, mut conflict) = (3, Conflict::Fail);
    loop {
        attempts -= 1;
        match attempt(connection, name_of, conflict).await {
            Err(sqlx::Error::Database(error)) if attempts > 0 => match error.code().as_deref() {
                Some(UNIQUE_VIOLATION) if conflict == Conflict::Fail => conflict = Conflict::Skip,
                Some(code) if RETRYABLE_ERRORS.contains(&code) => {
                    tracing::warn!(%error, "retrying the transaction");
                }
                _ => return Err(sqlx::Error::Database(error)),
            },
            outcome => return outcome,
        }
    }
}

/// Counts the movies of `kept` that the catalogue lacks.
pub async fn count_new(connection: &mut PgConnection) -> sqlx::Result<u64> {
    let count: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM kept
        WHERE NOT EXISTS (SELECT FROM movies WHERE movies.name = kept.name AND movies.date = kept.date)",
    )
    .fetch_one(connection)
    .await?;
    Ok(count.unsigned_abs())
}

async fn attempt(
    connection: &mut PgConnection,
    name_of: fn(&str) -> Option<&'static str>,
    conflict: Conflict,
) -> sqlx::Result<u64> {
    let mut transaction = begin(connection).await?;
    let fresh = fresh(&mut transaction).await?;
    let stored = store_fresh(&mut transaction, name_of, fresh, conflict).await?;
    let imported = stored.movies;
    if imported > 0 {
        sqlx::query!("INSERT INTO events (action) VALUES ('movies_imported')")
            .execute(&mut *transaction)
            .await?;
    }
    commit(transaction, stored).await?;
    Ok(imported)
}

/// Completes what [`store_fresh`] has begun, and commits. What else the transaction does comes before, because readers may
/// wait for the end.
pub async fn commit(mut transaction: Transaction<'_, Postgres>, stored: Stored) -> sqlx::Result<()> {
    let Stored { movies, links } = stored;
    if !links.replace(&mut transaction).await? {
        for names in &NAME_TABLES {
            names.link(&mut transaction, names.links, movies).await?;
        }
    }
    let began = Instant::now();
    transaction.commit().await?;
    finished(began, "committed", movies);
    Ok(())
}

/// Begins a transaction that stores many movies, when those of other imports have ended. Its empty table `fresh` is for
/// the rows of `staged` that are to be stored, with their ids.
pub async fn begin(connection: &mut PgConnection) -> sqlx::Result<Transaction<'_, Postgres>> {
    let began = Instant::now();
    let mut transaction = connection.begin().await?;
    sqlx::raw_sql("SET LOCAL work_mem = '64MB'; SET LOCAL jit = off").execute(&mut *transaction).await?;
    wait_for_imports(&mut transaction).await?;
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE fresh (line bigint PRIMARY KEY, movie_id bigint NOT NULL) ON COMMIT DROP",
    )
    .execute(&mut *transaction)
    .await?;
    finished(began, "waited for other imports", 0);
    Ok(transaction)
}

/// Waits until no import runs, and lets none begin before the transaction ends.
pub async fn wait_for_imports(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(IMPORT_LOCK);
    lock.execute(&mut **transaction).await?;
    Ok(())
}

/// Stores the movies of `fresh`, of which there are `expected`, with their links and in the search index. Returns how many it
/// stored, without those that another transaction has stored meanwhile. [`commit`] finishes what it begins.
pub async fn store_fresh(
    transaction: &mut Transaction<'_, Postgres>,
    name_of: fn(&str) -> Option<&'static str>,
    expected: u64,
    conflict: Conflict,
) -> sqlx::Result<Stored> {
    if expected == 0 {
        return Ok(Stored { movies: 0, links: Links::Present });
    }
    countries(transaction, name_of).await?;
    for names in &NAME_TABLES {
        names.insert(transaction, conflict).await?;
    }
    let stored = movies(transaction, expected, conflict).await?;
    let links = Links::begin(transaction).await?;
    for names in &NAME_TABLES {
        names.link(transaction, &links.table(names.links), stored).await?;
    }
    links.index(transaction).await?;
    index(transaction).await?;
    Ok(Stored { movies: stored, links })
}

/// Assigns ids to the movies that the catalogue lacks, in the order of the file.
async fn fresh(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<u64> {
    let began = Instant::now();
    let fresh = sqlx::query(
        "INSERT INTO fresh
        SELECT line, nextval((SELECT pg_get_serial_sequence('movies', 'id')::regclass)) FROM (
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

/// Adds the missing countries, and the names of countries that have none.
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

/// Stores the `expected` new movies and returns how many it stored. Movies that another writer has stored in the
/// meantime leave `fresh`.
async fn movies(
    transaction: &mut Transaction<'_, Postgres>,
    expected: u64,
    conflict: Conflict,
) -> sqlx::Result<u64> {
    let began = Instant::now();
    // Not for an id that is taken, which is an error.
    let on_conflict = conflict.clause("(name, date)");
    let stored = sqlx::query(AssertSqlSafe(format!(
        "INSERT INTO movies (id, name, date, score, overview, status, budget, revenue, country_id)
        OVERRIDING SYSTEM VALUE
        SELECT movie_id, staged.name, date, score, overview, status, budget * 0.01, revenue, countries.id
        FROM fresh JOIN staged USING (line) JOIN countries ON countries.code = staged.country
        ORDER BY movie_id {on_conflict}",
    )))
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

/// Adds the new movies to the search index.
async fn index(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    let began = Instant::now();
    let stored = sqlx::query(
        "INSERT INTO movie_search (movie_id, key, search)
        SELECT movie_id, search_key, search_words FROM fresh JOIN staged USING (line) ORDER BY movie_id",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    // In one statement, since writers insert words in byte order.
    sqlx::raw_sql(
        "SELECT add_name_words(array_agg(word)) FROM (
            SELECT DISTINCT unnest(name_words) AS word FROM fresh JOIN staged USING (line)
        ) AS new",
    )
    .execute(&mut **transaction)
    .await?;
    finished(began, "indexed", stored);
    Ok(())
}

impl Conflict {
    /// Returns the clause of an insertion; `index` names the columns of one index, or is empty for all.
    fn clause(self, index: &str) -> String {
        match self {
            Self::Fail => String::new(),
            Self::Skip => format!("ON CONFLICT {index} DO NOTHING"),
        }
    }
}

impl NameTable {
    /// Stores the new names. Of several spellings of a new name it stores the most frequent one of the file. Leaves the id
    /// of every spelling in `found_…`, so that PostgreSQL computes each key once and not for each link.
    async fn insert(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
        conflict: Conflict,
    ) -> sqlx::Result<()> {
        let began = Instant::now();
        let (table, on_conflict) = (self.table, conflict.clause(""));
        let spellings = format!(
            "CREATE TEMPORARY TABLE spellings ON COMMIT DROP AS
            SELECT given.name, name_key(given.name) AS key, count(*) AS uses
            FROM fresh JOIN staged USING (line) CROSS JOIN unnest(staged.{table}) AS given (name)
            GROUP BY given.name"
        );
        sqlx::raw_sql(AssertSqlSafe(spellings)).execute(&mut **transaction).await?;
        let stored = sqlx::query(AssertSqlSafe(format!(
            r#"INSERT INTO {table} (name)
            SELECT name FROM (
                SELECT DISTINCT ON (key) name, key FROM spellings ORDER BY key, uses DESC, name COLLATE "C"
            ) AS new
            WHERE NOT EXISTS (SELECT FROM {table} WHERE {table}.key = new.key)
            ORDER BY key {on_conflict}"#
        )))
        .execute(&mut **transaction)
        .await?
        .rows_affected();
        let found = format!(
            "CREATE TEMPORARY TABLE found_{table} ON COMMIT DROP AS
            SELECT spellings.name, {table}.id FROM spellings JOIN {table} USING (key);
            DROP TABLE spellings;
            ANALYZE found_{table}"
        );
        sqlx::raw_sql(AssertSqlSafe(found)).execute(&mut **transaction).await?;
        finished(began, &format!("stored {table}"), stored);
        Ok(())
    }

    /// Links the `movies` new movies to their names, in the table `links`.
    async fn link(
        &self,
        transaction: &mut Transaction<'_, Postgres>,
        links: &str,
        movies: u64,
    ) -> sqlx::Result<()> {
        let began = Instant::now();
        let Self { table, key, .. } = self;
        let mut stored = 0;
        // The line of a row that was taken over is its id, which may be negative.
        let mut after = i64::MIN;
        let mut linked = 0;
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
                SELECT DISTINCT movie_id, found_{table}.id
                FROM fresh JOIN staged USING (line) CROSS JOIN unnest(staged.{table}) AS new (name)
                    JOIN found_{table} ON found_{table}.name = new.name
                WHERE line > $1 AND line <= $2
                ORDER BY movie_id, found_{table}.id"
            )))
            .bind(after)
            .bind(last)
            .execute(&mut **transaction)
            .await?
            .rows_affected();
            after = last;
            linked = movies.min(linked + BATCH as u64);
            tracing::info!(rows = stored, percent = linked * 100 / movies.max(1), "storing {}", self.links);
        }
        finished(began, &format!("stored {}", self.links), stored);
        Ok(())
    }
}

/// Logs the end of a phase.
pub fn finished(began: Instant, phase: &str, rows: u64) {
    tracing::info!(rows, duration_ms = began.elapsed().as_millis() as u64, "{phase}");
}
