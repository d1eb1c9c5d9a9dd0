//! Takes over the profiles of users.

use chrono::NaiveDate;
use shared::{
    json::Json,
    models::profiles::Gender,
    validation::{Fault, FromObject, Object, Text, Trimmed, model},
};
use sqlx::{Postgres, Transaction};

use super::{
    report::Report,
    staging::{Table, without_nulls},
};
use crate::import::copy::Buffer;

model! {
    /// A profile of the original, whose bounds are those of the schema.
    pub struct Profile, draft ProfileDraft {
        pub user_id: i64,
        #[validate(length(max = 100))]
        pub first_name: Option<Trimmed>,
        #[validate(length(max = 100))]
        pub last_name: Option<Trimmed>,
        #[validate(length(max = 255))]
        pub avatar: Option<Trimmed>,
        pub gender: Option<Gender>,
        pub date_of_birth: Option<NaiveDate>,
        pub info: Option<Text>,
    }
}

/// The table.
pub const PROFILES: Table = Table {
    name: "user_profiles",
    query: r#"SELECT id, user_id, first_name, last_name, avatar, lower(gender::text COLLATE "C") AS gender,
                  date_of_birth, info
              FROM public.user_profiles"#,
    staging: "source_profiles",
    quotes: false,
    read,
};

fn read(id: i64, row: &Json<'_>, buffer: &mut Buffer) -> Result<(), Vec<Fault>> {
    let profile = Profile::from_object(Object::new("body", &without_nulls(row)))?;
    let text = |buffer: &mut Buffer, text: Trimmed| buffer.text(text.as_str());
    buffer.row(8);
    buffer.integer(id);
    buffer.integer(profile.user_id);
    buffer.optional(profile.first_name, text);
    buffer.optional(profile.last_name, text);
    buffer.optional(profile.avatar, text);
    buffer.optional(profile.gender, |buffer, gender| buffer.text(gender.name()));
    buffer.optional(profile.date_of_birth, |buffer, date| buffer.date(date));
    buffer.optional(profile.info, |buffer, info| buffer.text(info.as_str()));
    Ok(())
}

/// Updates the profiles that have changed in the original and adds the new ones, with another id if theirs is in use.
/// Keeps profiles that were made here, also after one that was taken over, and pictures that were uploaded here.
pub async fn store(transaction: &mut Transaction<'_, Postgres>, report: &mut Report) -> sqlx::Result<()> {
    let changed = sqlx::query(
        "UPDATE user_profiles SET first_name = source.first_name, last_name = source.last_name,
            avatar = CASE WHEN picture IS NULL THEN source.avatar ELSE user_profiles.avatar END, gender = source.gender,
            date_of_birth = source.date_of_birth, info = source.info
        FROM source_profiles AS source JOIN source_changes AS change ON change.kind = 'profile' AND change.id = source.id
            JOIN adopted_rows AS adopted ON adopted.kind = 'profile' AND adopted.id = source.id
        WHERE user_profiles.id = adopted.profile_id AND user_profiles.user_id = source.user_id",
    )
    .execute(&mut **transaction)
    .await?
    .rows_affected();
    let mut new = [0; 2];
    for (count, (id, overriding, condition)) in new.iter_mut().zip([
        (
            "source.id, ",
            "OVERRIDING SYSTEM VALUE",
            "NOT EXISTS (SELECT FROM user_profiles WHERE id = source.id)",
        ),
        ("", "", "true"),
    ]) {
        let column = if id.is_empty() { "" } else { "id, " };
        *count = sqlx::query(sqlx::AssertSqlSafe(format!(
            "INSERT INTO user_profiles
                ({column}first_name, last_name, avatar, gender, date_of_birth, info, user_id) {overriding}
            SELECT {id}first_name, last_name, avatar, gender, date_of_birth, info, users.id
            FROM source_profiles AS source JOIN source_changes AS change ON kind = 'profile' AND change.id = source.id
                JOIN users ON users.id = source.user_id
            WHERE is_new AND {condition} AND NOT EXISTS (SELECT FROM user_profiles WHERE user_id = source.user_id)
            ORDER BY source.id"
        )))
        .execute(&mut **transaction)
        .await?
        .rows_affected();
    }
    let counts = report.table(PROFILES.name);
    (counts.new, counts.changed, counts.renumbered) = (new[0] + new[1], changed, new[1]);
    Ok(())
}
