//! Takes over countries.

use shared::{
    json::Json,
    models::{CountryCode, country_code::has_letters_only},
    validation::{Fault, FromObject, Object, Trimmed, model},
};
use sqlx::{Postgres, Transaction};

use super::{
    report::Report,
    staging::{Table, without_nulls},
};
use crate::import::copy::Buffer;

model! {
    /// A country of the original.
    pub struct Country, draft CountryDraft {
        #[validate(length(min = 2, max = 3), custom(function = "has_letters_only"))]
        pub code: CountryCode,
        #[validate(length(min = 1, max = 255))]
        pub name: Option<Trimmed>,
    }
}

/// The table.
pub const COUNTRIES: Table = Table {
    name: "countries",
    query: "SELECT id, code, nullif(name, '') AS name FROM public.countries",
    staging: "source_countries",
    quotes: true,
    read,
};

fn read(id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let country = Country::from_object(Object::new("body", &without_nulls(row)))?;
    buffer.row(3);
    buffer.integer(id);
    buffer.text(country.code.as_str());
    buffer.optional(country.name, |buffer, name| buffer.text(name.as_str()));
    Ok(())
}

/// Updates names that have changed in the original, and adds the missing countries, with another id if theirs is in use.
pub async fn store(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    let changed = sqlx::query(
        "UPDATE countries SET name = source.name
        FROM source_countries AS source JOIN source_changes AS change ON kind = 'country' AND change.id = source.id
        WHERE countries.code = source.code AND source.name <> coalesce(countries.name, '')
            AND (countries.name IS NULL OR NOT is_new)",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    let mut new = [0; 2];
    for (count, statement) in new.iter_mut().zip([
        r#"INSERT INTO countries (id, code, name) OVERRIDING SYSTEM VALUE
        SELECT source.id, code, name
        FROM source_countries AS source JOIN source_changes AS change ON kind = 'country' AND change.id = source.id
        WHERE NOT EXISTS (SELECT FROM countries WHERE countries.code = source.code OR countries.id = source.id)
        ORDER BY code COLLATE "C"
        ON CONFLICT DO NOTHING"#,
        r#"INSERT INTO countries (code, name)
        SELECT code, name
        FROM source_countries AS source JOIN source_changes AS change ON kind = 'country' AND change.id = source.id
        WHERE NOT EXISTS (SELECT FROM countries WHERE countries.code = source.code)
        ORDER BY code COLLATE "C"
        ON CONFLICT DO NOTHING"#,
    ]) {
        *count = sqlx::query(statement).execute(&mut **transaction).await?.rows_affected();
    }
    let counts = report.table(COUNTRIES.name);
    (counts.new, counts.changed, counts.renumbered) = (new[0] + new[1], changed, new[1]);
    Ok(())
}
