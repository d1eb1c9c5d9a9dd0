//! Finds out what a run has to store: which rows have changed, are gone or must be rejected, and whether ids are free.

use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::{
    Failure, accounts, countries, movies, names,
    present::KINDS,
    profiles,
    report::{NAMED, Rejection, Report},
    tokens,
};

/// The largest number of values that a sequence is advanced by one by one.
const COUNTED: i64 = 100_000;

/// Advances the sequences beyond the ids of the original, so that no request takes one of these meanwhile. A rollback
/// does not undo it.
pub async fn advance_ids(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    for (kind, table) in KINDS {
        let (last, behind): (i64, i64) = sqlx::query_as(
            "SELECT coalesce(max(id), 0), coalesce(max(id), 0)
                 - coalesce(pg_sequence_last_value(pg_get_serial_sequence($2, 'id')::regclass), 0)
             FROM source_rows WHERE kind = $1::text::adopted_kind",
        )
        .bind(kind)
        .bind(table)
        .fetch_one(&mut **transaction)
        .await?;
        // Between the query and a setval, other transactions could advance the sequence further, though not that far.
        let statement = match behind {
            i64::MIN..=0 => continue,
            1..=COUNTED => {
                "SELECT max(nextval(pg_get_serial_sequence($1, 'id')::regclass)), $2 FROM generate_series(1, $3)"
            }
            _ => "SELECT setval(pg_get_serial_sequence($1, 'id')::regclass, $2), $3",
        };
        sqlx::query(statement).bind(table).bind(last).bind(behind).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Fills the table `source_changes` with what is new or has changed since the last run. Ignores users that were deleted
/// here, with their profiles and tokens.
pub async fn find_changes(transaction: &mut Transaction<'_, Postgres>) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE deleted_users ON COMMIT DROP AS
         SELECT id FROM adopted_users WHERE NOT EXISTS (SELECT FROM users WHERE users.id = adopted_users.id);
         DELETE FROM source_users USING deleted_users WHERE deleted_users.id = source_users.id;
         DELETE FROM source_profiles USING deleted_users WHERE deleted_users.id = user_id;
         DELETE FROM source_tokens USING deleted_users WHERE deleted_users.id = user_id;

         CREATE TEMPORARY TABLE source_changes ON COMMIT DROP AS
         SELECT kind, id, source.digest, source.user_id, adopted_rows.digest IS NULL AS is_new
         FROM (
             SELECT 'account'::adopted_kind AS kind, id, id AS user_id,
                 sha256(convert_to(ROW(email, user_group)::text, 'UTF8')) AS digest
             FROM source_users
             UNION ALL SELECT 'password', id, id, sha256(convert_to(hashed_password, 'UTF8')) FROM source_users
             UNION ALL SELECT 'activation', id, id, sha256(convert_to(is_active::text, 'UTF8')) FROM source_users
             UNION ALL SELECT 'profile', id, user_id, sha256(convert_to(ROW(
                 user_id, first_name, last_name, avatar, gender, date_of_birth, info)::text, 'UTF8'))
             FROM source_profiles
             UNION ALL SELECT 'country', id, NULL, sha256(convert_to(ROW(code, name)::text, 'UTF8'))
             FROM source_countries
             UNION ALL SELECT kind, id, NULL, sha256(convert_to(name, 'UTF8')) FROM source_names
             UNION ALL SELECT 'movie', line, NULL, sha256(convert_to(ROW(
                 name, date, score, overview, status, budget, revenue, country, genres, actors, languages)::text, 'UTF8'))
             FROM staged
         ) AS source LEFT JOIN adopted_rows USING (kind, id)
         WHERE adopted_rows.digest IS DISTINCT FROM source.digest;
         ALTER TABLE source_changes ADD PRIMARY KEY (kind, id);
         ANALYZE source_changes",
    )
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Reports the rows that were taken over earlier and are gone from the original, and with `remove` deletes them.
pub async fn handle_gone(
    transaction: &mut Transaction<'_, Postgres>,
    remove: bool,
    report: &mut Report,
) -> Result<(), Failure> {
    if remove {
        require_rows(transaction).await?;
    }
    // Profiles come first: deleting a user deletes the profile, which would then not be counted.
    for (kind, table, adopted, is_here) in [
        (
            "profile",
            profiles::PROFILES.name,
            "SELECT id, profile_id FROM adopted_rows WHERE kind = 'profile'",
            "user_profiles.id = adopted.profile_id",
        ),
        ("account", accounts::USERS.name, "SELECT id FROM adopted_users", "users.id = adopted.id"),
        (
            "movie",
            movies::MOVIES.name,
            "SELECT id FROM adopted_rows WHERE kind = 'movie'",
            "movies.id = adopted.id",
        ),
    ] {
        let gone = sqlx::query_as::<_, (i64, i64)>(AssertSqlSafe(format!(
            "SELECT count(*) OVER (), adopted.id FROM ({adopted}) AS adopted JOIN {table} ON {is_here}
             WHERE NOT EXISTS (SELECT FROM source_rows WHERE kind = '{kind}' AND source_rows.id = adopted.id)
             ORDER BY adopted.id LIMIT {NAMED}"
        )));
        for (count, id) in gone.fetch_all(&mut **transaction).await? {
            report.table(table).gone = count as u64;
            report.name_gone(table, id);
        }
        if remove {
            let forgotten = if kind == "account" { "adopted_users" } else { "adopted_rows" };
            let of_kind = if kind == "account" { "true" } else { "adopted.kind = gone.kind" };
            let delete = match kind {
                "account" => "SELECT delete_user(id) FROM gone".to_owned(),
                _ => format!("DELETE FROM {table} USING gone AS adopted WHERE {is_here}"),
            };
            sqlx::raw_sql(AssertSqlSafe(format!(
                "CREATE TEMPORARY TABLE gone ON COMMIT DROP AS
                 SELECT '{kind}'::adopted_kind AS kind, adopted.* FROM ({adopted}) AS adopted
                 WHERE NOT EXISTS (SELECT FROM source_rows WHERE kind = '{kind}' AND source_rows.id = adopted.id);
                 {delete};
                 DELETE FROM {forgotten} AS adopted USING gone WHERE adopted.id = gone.id AND {of_kind};
                 DROP TABLE gone"
            )))
            .execute(&mut **transaction)
            .await?;
        }
    }
    Ok(())
}

/// Fails if the original has no users or no movies, because then it is probably the wrong database.
async fn require_rows(transaction: &mut Transaction<'_, Postgres>) -> Result<(), Failure> {
    let kinds: Vec<String> =
        sqlx::query_scalar("SELECT DISTINCT kind::text FROM source_rows WHERE kind IN ('account', 'movie')")
            .fetch_all(&mut **transaction)
            .await?;
    match kinds.len() {
        2 => Ok(()),
        _ => Err(Failure::Conflict(
            "The original has no users or no movies, so \"remove\" would delete all of them here. Nothing is stored."
                .into(),
        )),
    }
}

/// Rejects valid rows that conflict with other rows.
pub async fn reject(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    let user_parts = ["account", "password", "activation"];
    // Of rows that are alike, keeps the one with the lowest id.
    let repeated = |table: &str, id: &str, alike: &str, condition: &str, reason: &str| {
        format!(
            "DELETE FROM {table} AS source USING (
                SELECT {id} AS id, first_value({id}) OVER (PARTITION BY {alike} ORDER BY {id}) AS first
                FROM {table} WHERE {condition}
            ) AS alike
            WHERE alike.id = source.{id} AND alike.first <> alike.id AND {condition}
            RETURNING source.{id} AS id, format('{reason}', first) AS reason"
        )
    };
    // What a row here has that changes in this run is free. If the change is rejected, the row keeps it.
    let changes = |kind: &str, id: &str| {
        format!(
            "EXISTS (
                SELECT FROM source_changes AS other
                WHERE other.kind = '{kind}' AND other.id = {id} AND NOT other.is_new
            )"
        )
    };
    let users = accounts::USERS.name;
    let statement = repeated(
        "source_users",
        "id",
        "email",
        "true",
        "Its address is that of user %s, apart from upper and lower case",
    );
    rejected(transaction, report, users, &user_parts, statement).await?;
    let statement = format!(
        "DELETE FROM source_users AS source USING users, source_changes AS change
        WHERE users.email = source.email AND change.kind = 'account' AND change.id = source.id AND (
            users.id <> source.id OR NOT EXISTS (SELECT FROM adopted_users WHERE adopted_users.id = source.id)
        ) AND NOT {}
        RETURNING source.id, format('An account here has its address, with the id %s', users.id) AS reason",
        changes("account", "users.id"),
    );
    while rejected(transaction, report, users, &user_parts, statement.clone()).await? > 0 {}

    let no_user = "NOT EXISTS (SELECT FROM source_users WHERE source_users.id = source.user_id)
        RETURNING source.id, format('Its user (%s) is not taken over', source.user_id) AS reason";
    let statement = format!("DELETE FROM source_profiles AS source WHERE {no_user}");
    rejected(transaction, report, profiles::PROFILES.name, &["profile"], statement).await?;
    let statement = "DELETE FROM source_profiles AS source USING user_profiles, source_changes AS change
        WHERE user_profiles.user_id = source.user_id AND change.kind = 'profile' AND change.id = source.id AND is_new
        RETURNING source.id, format('Its user (%s) has a profile that was made here', source.user_id) AS reason";
    rejected(transaction, report, profiles::PROFILES.name, &["profile"], statement.into()).await?;
    for name in tokens::NAMES {
        let statement =
            format!("DELETE FROM source_tokens AS source WHERE source.source = '{name}' AND {no_user}");
        rejected(transaction, report, name, &[], statement).await?;
    }

    let statement = repeated("source_countries", "id", "code", "true", "Its code is that of country %s");
    rejected(transaction, report, countries::COUNTRIES.name, &["country"], statement).await?;
    for (table, kind) in names::KINDS {
        let reason = "Its name is that of %s, which stands for it";
        let statement = repeated("source_names", "id", "name_key(name)", &format!("kind = '{kind}'"), reason);
        rejected(transaction, report, table.name, &[kind], statement).await?;
    }
    let statement =
        repeated("staged", "line", "name, date", "true", "Its name and date are those of movie %s");
    rejected(transaction, report, movies::MOVIES.name, &["movie"], statement).await?;
    let statement = format!(
        "DELETE FROM staged AS source USING movies, source_changes AS change
        WHERE movies.name = source.name AND movies.date = source.date AND change.kind = 'movie'
            AND change.id = source.line AND (movies.id <> source.line OR is_new) AND NOT {}
        RETURNING source.line AS id, format('A movie here has its name and date, with the id %s', movies.id) AS reason",
        changes("movie", "movies.id"),
    );
    while rejected(transaction, report, movies::MOVIES.name, &["movie"], statement.clone()).await? > 0 {}
    Ok(())
}

/// Reports the rows that `statement` deletes from a temporary table, of which it returns `id` and `reason`. Deletes
/// their changes too. Returns how many there are.
async fn rejected(
    transaction: &mut Transaction<'_, Postgres>,
    report: &mut Report,
    table: &'static str,
    kinds: &[&str],
    statement: String,
) -> sqlx::Result<u64> {
    let statement = format!(
        "WITH rejected AS ({statement}), forgotten AS (
            DELETE FROM source_changes AS change USING rejected
            WHERE change.kind = ANY ($1::text[]::adopted_kind[]) AND change.id = rejected.id
        )
        SELECT count(*) OVER (), id, reason FROM rejected ORDER BY id LIMIT {NAMED}"
    );
    let rejected = sqlx::query_as::<_, (i64, i64, String)>(AssertSqlSafe(statement)).bind(kinds);
    let rejected = rejected.fetch_all(&mut **transaction).await?;
    let count = rejected.first().map_or(0, |(count, ..)| *count as u64);
    let unlisted = count - rejected.len() as u64;
    for (_, id, reason) in rejected {
        report.reject(Rejection { table, id: Some(id), field: None, reason });
    }
    report.table(table).rejected += unlisted;
    Ok(count)
}

/// Fails if new users or movies have ids that rows made here have. They cannot get others, because clients know them.
pub async fn require_free_ids(transaction: &mut Transaction<'_, Postgres>) -> Result<(), Failure> {
    let mut taken = Vec::new();
    for (kind, table) in [("account", accounts::USERS.name), ("movie", movies::MOVIES.name)] {
        let is_known = match kind {
            "account" => "EXISTS (SELECT FROM adopted_users WHERE adopted_users.id = change.id)",
            _ => "NOT is_new",
        };
        let ids: Vec<(i64, i64)> = sqlx::query_as(AssertSqlSafe(format!(
            "SELECT count(*) OVER (), change.id FROM source_changes AS change JOIN {table} ON {table}.id = change.id
             WHERE change.kind = '{kind}' AND NOT {is_known} ORDER BY change.id LIMIT 10"
        )))
        .fetch_all(&mut **transaction)
        .await?;
        if let Some((count, _)) = ids.first() {
            let first: Vec<_> = ids.iter().map(|(_, id)| id.to_string()).collect();
            let more = match count - ids.len() as i64 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            taken.push(format!("{table} {}{more}", first.join(", ")));
        }
    }
    if taken.is_empty() {
        Ok(())
    } else {
        Err(Failure::Conflict(format!(
            "Rows that were made here have ids of the original: {}. Nothing is stored.",
            taken.join("; "),
        )))
    }
}
