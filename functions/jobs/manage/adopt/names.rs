//! Takes over genres, actors and languages, as they are spelled.

use shared::{
    json::Json,
    models::NameList,
    validation::{Fault, FromObject, Object, model},
};
use sqlx::{AssertSqlSafe, Postgres, Transaction};

use super::{report::Report, staging::Table};
use crate::import::copy::Buffer;

model! {
    /// A genre, an actor or a language of the original, as a list of one name, because the rules are those of lists.
    pub struct Named, draft NamedDraft {
        pub name: NameList,
    }
}

/// Declares the table `$name`, whose rows are of `$kind`.
macro_rules! names {
    ($name:literal, $kind:literal) => {
        Table {
            name: $name,
            query: concat!("SELECT id, ARRAY[name] AS name FROM public.", $name),
            staging: "source_names",
            quotes: true,
            read: |id, row, buffer| read($kind, id, row, buffer),
        }
    };
}

/// The genres.
pub const GENRES: Table = names!("genres", "genre");
/// The actors.
pub const ACTORS: Table = names!("actors", "actor");
/// The languages.
pub const LANGUAGES: Table = names!("languages", "language");

/// The tables with the kinds of their rows.
pub const KINDS: [(&Table, &str); 3] = [(&GENRES, "genre"), (&ACTORS, "actor"), (&LANGUAGES, "language")];

fn read(kind: &str, id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let Named { name } = Named::from_object(Object::new("body", row))?;
    for name in name.as_sent() {
        buffer.row(3);
        buffer.text(kind);
        buffer.integer(id);
        buffer.text(name);
    }
    Ok(())
}

/// Renames what was renamed in the original and not here, and adds the missing names, with another id if theirs is in
/// use.
pub async fn store(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    for (Table { name: table, .. }, kind) in KINDS {
        let from = format!(
            "source_names AS source JOIN source_changes AS change
                ON change.kind = source.kind AND change.id = source.id AND source.kind = '{kind}'"
        );
        let is_missing =
            format!("NOT EXISTS (SELECT FROM {table} AS other WHERE other.key = name_key(source.name))");
        let mut rows = [0; 3];
        for (count, statement) in rows.iter_mut().zip([
            format!(
                "UPDATE {table} SET name = source.name
                FROM {from} JOIN adopted_rows ON adopted_rows.kind = change.kind AND adopted_rows.id = change.id
                WHERE {table}.id = source.id AND NOT EXISTS (
                        SELECT FROM {table} AS other
                        WHERE other.key = name_key(source.name) AND other.id <> source.id
                    )
                    AND sha256(convert_to({table}.name, 'UTF8')) = adopted_rows.digest"
            ),
            format!(
                r#"INSERT INTO {table} (id, name) OVERRIDING SYSTEM VALUE
                SELECT source.id, source.name FROM {from}
                WHERE {is_missing} AND NOT EXISTS (SELECT FROM {table} AS other WHERE other.id = source.id)
                ORDER BY name_key(source.name)
                ON CONFLICT DO NOTHING"#
            ),
            format!(
                r#"INSERT INTO {table} (name) SELECT source.name FROM {from} WHERE {is_missing}
                ORDER BY name_key(source.name)
                ON CONFLICT DO NOTHING"#
            ),
        ]) {
            *count = sqlx::query(AssertSqlSafe(statement)).execute(&mut **transaction).await?.rows_affected();
        }
        let [changed, new, renumbered] = rows;
        let counts = report.table(table);
        (counts.new, counts.changed, counts.renumbered) = (new + renumbered, changed, renumbered);
    }
    Ok(())
}
