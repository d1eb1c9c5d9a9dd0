//! Stores the links of an empty catalogue in new tables, which take the place of the empty ones when they are complete.
//!
//! PostgreSQL checks foreign keys for each inserted row, which takes longer than everything else, but in one query for a
//! constraint that is added. Changing constraints and indexes of a table blocks its readers until the transaction ends,
//! and a new table has no readers.

use std::time::Instant;

use sqlx::{AssertSqlSafe, Connection, Postgres, Transaction};

use super::load::{NAME_TABLES, finished};

/// How long the transaction waits for its locks, while readers wait behind it. Shorter than PostgreSQL's
/// `deadlock_timeout` of a second, so that it gives up rather than being cancelled. A request that began to wait for
/// this transaction before may be cancelled, and tries again (`Database::write`).
const LOCK_WAIT: &str = "800ms";

/// How often it tries to get the locks that keep readers out. They do not wait between two attempts.
const ATTEMPTS: u32 = 5;

/// The prefix of the names of the new tables and their indexes.
const NEW: &str = "new_";

/// Keeps writers out, in their order of tables.
const LOCK_WRITERS: &str =
    "LOCK TABLE genres, actors, languages, movies, movies_genres, actors_movies, movies_languages
    IN SHARE ROW EXCLUSIVE MODE";

/// Keeps readers out. Most of their statements begin with `movies`, and none with a table of links.
const LOCK_READERS: &str =
    "LOCK TABLE movies, genres, actors, languages, movies_genres, actors_movies, movies_languages
    IN ACCESS EXCLUSIVE MODE";

/// Where the links of new movies are stored.
pub enum Links {
    /// In the tables of the catalogue.
    Present,
    /// In new tables.
    Apart,
}

impl Links {
    /// Creates new tables if the present ones are empty, and have nothing that new ones would lack: triggers, options,
    /// policies, rights of columns, another owner, subscribers.
    pub async fn begin(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<Self> {
        if !are_empty(transaction).await? || !are_plain(transaction).await? {
            return Ok(Self::Present);
        }
        for names in &NAME_TABLES {
            let links = names.links;
            let create = format!("CREATE TABLE {NEW}{links} (LIKE {links} INCLUDING ALL EXCLUDING INDEXES)");
            sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut **transaction).await?;
            run(transaction, GRANTS, links).await?;
        }
        Ok(Self::Apart)
    }

    /// Returns the name of the table that takes the links of the catalogue's table `links`.
    pub fn table(&self, links: &str) -> String {
        match self {
            Self::Present => links.to_owned(),
            Self::Apart => format!("{NEW}{links}"),
        }
    }

    /// Builds the indexes of new tables.
    pub async fn index(&self, transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
        if let Self::Apart = self {
            let began = Instant::now();
            for names in &NAME_TABLES {
                run(transaction, INDEXES, names.links).await?;
            }
            finished(began, "built the indexes of the links", 0);
        }
        Ok(())
    }

    /// Puts new tables in the place of the empty ones. Returns whether the catalogue has the links; if not, there are no
    /// new tables any more, because other transactions have stored links, or would not let go of the tables.
    ///
    /// Requests that write movies wait while the foreign keys are checked, and readers only for the exchange of the tables.
    pub async fn replace(self, transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<bool> {
        if let Self::Present = self {
            return Ok(true);
        }
        let began = Instant::now();
        let mut savepoint = transaction.begin().await?;
        match try_to_replace(&mut savepoint).await {
            Ok(true) => {
                savepoint.commit().await?;
                finished(began, "checked the foreign keys of the links", 0);
                return Ok(true);
            }
            Ok(false) => tracing::warn!("other transactions have stored links"),
            Err(error @ sqlx::Error::Database(_)) => tracing::warn!(%error, "the tables of links stay"),
            Err(error) => return Err(error),
        }
        savepoint.rollback().await?;
        for names in &NAME_TABLES {
            let drop = format!("DROP TABLE {NEW}{}", names.links);
            sqlx::raw_sql(AssertSqlSafe(drop)).execute(&mut **transaction).await?;
        }
        Ok(false)
    }
}

/// Replaces the tables, unless links have been stored meanwhile.
async fn try_to_replace(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<bool> {
    lock(transaction, LOCK_WRITERS).await?;
    if !are_empty(transaction).await? {
        return Ok(false);
    }
    for names in &NAME_TABLES {
        run(transaction, FOREIGN_KEYS, names.links).await?;
    }
    for attempt in 1.. {
        let mut savepoint = transaction.begin().await?;
        match lock(&mut savepoint, LOCK_READERS).await {
            Err(sqlx::Error::Database(error)) if attempt < ATTEMPTS => {
                tracing::info!(%error, attempt, "readers hold the tables");
                savepoint.rollback().await?;
            }
            Err(error) => return Err(error),
            Ok(()) => {
                savepoint.commit().await?;
                break;
            }
        }
    }
    for names in &NAME_TABLES {
        run(transaction, EXCHANGE, names.links).await?;
    }
    Ok(true)
}

/// Runs the statement `lock`, or fails after [`LOCK_WAIT`], because later requests for the tables wait behind it.
async fn lock(transaction: &mut Transaction<'_, Postgres>, lock: &str) -> sqlx::Result<()> {
    // Not `lock_timeout`, which counts for each table.
    let limit: String = sqlx::query_scalar("SELECT current_setting('statement_timeout')")
        .fetch_one(&mut **transaction)
        .await?;
    let statements = format!(
        "SET LOCAL statement_timeout = '{LOCK_WAIT}'; {lock}; SET LOCAL statement_timeout = '{limit}'"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut **transaction).await?;
    Ok(())
}

async fn are_empty(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM movies_genres) AND NOT EXISTS (SELECT FROM actors_movies)
            AND NOT EXISTS (SELECT FROM movies_languages) AS "are_empty!""#
    )
    .fetch_one(&mut **transaction)
    .await
}

async fn are_plain(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT bool_and(
            relowner = current_user::regrole AND has_schema_privilege(relnamespace, 'CREATE')
            AND reloptions IS NULL AND NOT relrowsecurity AND NOT relhassubclass
            AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal)
            AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attacl IS NOT NULL)
            AND NOT EXISTS (SELECT FROM pg_default_acl WHERE defaclrole = relowner AND defaclobjtype = 'r')
            AND NOT EXISTS (SELECT FROM pg_publication)
        ) AS "are_plain!"
        FROM pg_class WHERE oid IN ('movies_genres'::regclass, 'actors_movies'::regclass, 'movies_languages'::regclass)"#
    )
    .fetch_one(&mut **transaction)
    .await
}

/// Runs the statements that `query` returns for the table `links`, whose name is `$1`, with the prefix `$2`.
async fn run(
    transaction: &mut Transaction<'_, Postgres>,
    query: &'static str,
    links: &str,
) -> sqlx::Result<()> {
    let statements: Vec<String> =
        sqlx::query_scalar(query).bind(links).bind(NEW).fetch_all(&mut **transaction).await?;
    sqlx::raw_sql(AssertSqlSafe(statements.join("; "))).execute(&mut **transaction).await?;
    Ok(())
}

const GRANTS: &str = "
    SELECT format('GRANT %s ON %I TO %s%s', privilege_type, $2 || $1,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' END)
    FROM pg_class CROSS JOIN aclexplode(relacl) WHERE pg_class.oid = $1::regclass";

/// Primary keys are constraints, whose indexes are named as they are.
const INDEXES: &str = "
    SELECT CASE WHEN conname IS NULL
        THEN format('CREATE %s %I ON %I USING %s', CASE WHEN indisunique THEN 'UNIQUE INDEX' ELSE 'INDEX' END,
            $2 || relname, $2 || $1, substring(pg_get_indexdef(indexrelid) FROM ' USING (.*)'))
        ELSE format('ALTER TABLE %I ADD CONSTRAINT %I %s', $2 || $1, $2 || conname,
            pg_get_constraintdef(pg_constraint.oid))
    END
    FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
        LEFT JOIN pg_constraint ON conindid = indexrelid AND conrelid = indrelid
    WHERE indrelid = $1::regclass ORDER BY NOT indisprimary, relname";

const FOREIGN_KEYS: &str = "
    SELECT format('ALTER TABLE %I ADD CONSTRAINT %I %s', $2 || $1, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE conrelid = $1::regclass AND contype = 'f' ORDER BY conname";

const EXCHANGE: &str = "
    SELECT format('DROP TABLE %I', $1)
    UNION ALL SELECT format('ALTER TABLE %I RENAME TO %I', $2 || $1, $1)
    UNION ALL (
        SELECT format('ALTER INDEX %I RENAME TO %I', $2 || relname, relname)
        FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indrelid = $1::regclass
    )";
