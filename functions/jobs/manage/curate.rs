//! Renames and merges genres, actors, languages and countries, and removes those without movies.
//!
//! Each change locks its table against writers that link movies, which all insert into it first, so that none of them links
//! a movie to a deleted row. Then it locks rows in the order of the other writers: movies, links. Readers do not wait.

use serde_json::{Value, json};
use shared::{
    JobError,
    json::Json,
    models::CountryCode,
    validation::{Field, Trimmed},
};
use sqlx::{AssertSqlSafe, Connection, PgConnection, Postgres, Transaction};

use crate::{country::country_name, import::load};

/// Genres, actors, languages or countries.
#[derive(Clone, Copy, PartialEq)]
pub enum List {
    Genres,
    Actors,
    Languages,
    Countries,
}

impl List {
    /// All lists.
    pub const ALL: [Self; 4] = [Self::Genres, Self::Actors, Self::Languages, Self::Countries];

    /// Returns the name of the list, which is also that of its table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Genres => "genres",
            Self::Actors => "actors",
            Self::Languages => "languages",
            Self::Countries => "countries",
        }
    }

    /// Returns the table that links movies to the list, and its column.
    fn links(self) -> (&'static str, &'static str) {
        match self {
            Self::Genres => ("movies_genres", "genre_id"),
            Self::Actors => ("actors_movies", "actor_id"),
            Self::Languages => ("movies_languages", "language_id"),
            Self::Countries => ("movies", "country_id"),
        }
    }

    /// Reads the name of an entry, or the code of a country. Returns `None` for an invalid one.
    pub fn read_name(self, value: &Json<'_>) -> Option<String> {
        let name = match self {
            Self::Countries => {
                let code = CountryCode::read(value).ok()?;
                let is_code = matches!(code.as_str().len(), 2 | 3)
                    && shared::models::country_code::has_letters_only(&code).is_ok();
                return is_code.then(|| code.as_str().to_owned());
            }
            _ => Trimmed::read(value).ok()?.into_string(),
        };
        (1..=255).contains(&name.chars().count()).then_some(name)
    }

    /// Returns the condition that finds the entry with the name or code in `$1`.
    fn is_named(self) -> &'static str {
        match self {
            Self::Countries => "code = $1",
            _ => "key = name_key($1)",
        }
    }

    async fn lock(self, connection: &mut PgConnection) -> sqlx::Result<Transaction<'_, Postgres>> {
        let mut transaction = connection.begin().await?;
        // Writers would wait behind a lock that waits for an import.
        load::wait_for_imports(&mut transaction).await?;
        let lock = format!("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", self.name());
        sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *transaction).await?;
        Ok(transaction)
    }

    async fn find(self, connection: &mut PgConnection, name: &str) -> Result<i64, JobError> {
        let find = format!("SELECT id FROM {} WHERE {}", self.name(), self.is_named());
        let id = sqlx::query_scalar(AssertSqlSafe(find)).bind(name).fetch_optional(connection).await?;
        id.ok_or_else(|| JobError::Failed(format!("{name:?} is not in {}.", self.name())))
    }
}

/// Renames the entry `from` of a list; a country gets another code. Fails if the entry does not exist, or if another
/// entry has the new name.
pub async fn rename(
    connection: &mut PgConnection,
    list: List,
    from: &str,
    to: &str,
) -> Result<Value, JobError> {
    let mut transaction = list.lock(connection).await?;
    let id = list.find(&mut transaction, from).await?;
    let statement = match list {
        List::Countries => {
            "UPDATE countries SET code = $2, name = coalesce($3, name) WHERE id = $1".to_owned()
        }
        _ => format!("UPDATE {} SET name = $2 WHERE id = $1 AND $3::text IS NULL", list.name()),
    };
    let country = (list == List::Countries).then(|| country_name(to)).flatten();
    let renamed = sqlx::query(AssertSqlSafe(statement))
        .bind(id)
        .bind(to)
        .bind(country)
        .execute(&mut *transaction)
        .await;
    match renamed {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {
            return Err(JobError::Failed(format!(
                "{to:?} exists already in {}; the command merge brings the two together.",
                list.name()
            )));
        }
        outcome => outcome?,
    };
    commit(transaction, "renamed", list, [Some(id), None], 0).await?;
    Ok(json!({ "command": "rename", "list": list.name(), "id": id, "from": from, "to": to }))
}

/// Links the movies of the entry `from` to the entry `into`, and deletes `from`. Fails if one of them does not exist, or
/// if both are the same.
pub async fn merge(
    connection: &mut PgConnection,
    list: List,
    from: &str,
    into: &str,
) -> Result<Value, JobError> {
    let mut transaction = list.lock(connection).await?;
    let (from_id, into_id) =
        (list.find(&mut transaction, from).await?, list.find(&mut transaction, into).await?);
    if from_id == into_id {
        return Err(JobError::Failed(format!(
            "{from:?} and {into:?} are the same entry of {}.",
            list.name()
        )));
    }
    let (links, column) = list.links();
    if list != List::Countries {
        // The deletion of a movie locks it before its links.
        let lock = format!(
            "SELECT FROM movies WHERE id IN (SELECT movie_id FROM {links} WHERE {column} = $1) ORDER BY id FOR KEY SHARE"
        );
        sqlx::query(AssertSqlSafe(lock)).bind(from_id).execute(&mut *transaction).await?;
    }
    let move_links = match list {
        List::Countries => format!("UPDATE {links} SET {column} = $2 WHERE {column} = $1"),
        _ => format!(
            "WITH moved AS (DELETE FROM {links} WHERE {column} = $1 RETURNING movie_id)
             INSERT INTO {links} (movie_id, {column}) SELECT movie_id, $2 FROM moved ORDER BY movie_id
             ON CONFLICT DO NOTHING"
        ),
    };
    let moved =
        sqlx::query(AssertSqlSafe(move_links)).bind(from_id).bind(into_id).execute(&mut *transaction).await?;
    let delete = format!("DELETE FROM {} WHERE id = $1", list.name());
    sqlx::query(AssertSqlSafe(delete)).bind(from_id).execute(&mut *transaction).await?;
    commit(transaction, "merged", list, [Some(from_id), Some(into_id)], moved.rows_affected()).await?;
    Ok(json!({
        "command": "merge",
        "list": list.name(),
        "from_id": from_id,
        "into_id": into_id,
        "movies": moved.rows_affected(),
    }))
}

/// Deletes the entries without movies, of one list or of all.
pub async fn remove_unused(connection: &mut PgConnection, list: Option<List>) -> Result<Value, JobError> {
    let mut answer = json!({ "command": "remove-unused" });
    for list in List::ALL.into_iter().filter(|one| list.is_none_or(|list| list == *one)) {
        let mut transaction = list.lock(connection).await?;
        let (name, (links, column)) = (list.name(), list.links());
        let delete =
            format!("DELETE FROM {name} WHERE NOT EXISTS (SELECT FROM {links} WHERE {column} = {name}.id)");
        let removed = sqlx::query(AssertSqlSafe(delete)).execute(&mut *transaction).await?.rows_affected();
        if removed > 0 {
            commit(transaction, "removed", list, [None, None], removed).await?;
        }
        answer[name] = json!(removed);
    }
    Ok(answer)
}

/// Commits a change of a list, with its event in the audit trail, and logs it.
async fn commit(
    mut transaction: Transaction<'_, Postgres>,
    action: &str,
    list: List,
    [id, into]: [Option<i64>; 2],
    count: u64,
) -> sqlx::Result<()> {
    sqlx::query!("INSERT INTO events (action) VALUES (('names_' || $1)::event_action)", action)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tracing::info!(action = format!("{}_{action}", list.name()), id, into, count, "catalogue changed");
    Ok(())
}
