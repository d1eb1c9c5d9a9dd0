//! The genres, actors, languages and countries that filters name.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use crate::models::{CountryChoices, NameChoices, movies::MovieQuery, title_case};

/// The ids of what the filters of a list name.
///
/// They are looked up before the movies, because PostgreSQL knows how many movies have an id, and only the average of a
/// name: it would search the whole catalogue for the movies of a rare one.
#[derive(Default)]
pub(super) struct FilterIds {
    /// Genres, of which a movie must have one of each group.
    pub genres: Groups,
    /// Actors, likewise.
    pub actors: Groups,
    /// Languages, likewise.
    pub languages: Groups,
    /// Countries, of which a movie must have one; `None` for any.
    pub countries: Option<Vec<i64>>,
}

/// Groups of alternatives, each once.
pub(super) type Groups = BTreeSet<Vec<i64>>;

/// The names of groups, each with the number of its group.
#[derive(Default)]
struct Spellings {
    names: Vec<String>,
    numbers: Vec<i32>,
    groups: usize,
}

impl FilterIds {
    /// Looks up the ids. Returns `None` if the catalogue has no name of a group, so that no movie matches. One statement,
    /// and none without filters that name something.
    pub async fn find(connection: &mut PgConnection, query: &MovieQuery) -> sqlx::Result<Option<Self>> {
        let [genres, actors, languages] = [&query.genre, &query.actor, &query.language].map(Spellings::of);
        let codes = query.country.as_ref().and_then(common);
        let groups = [genres.groups, actors.groups, languages.groups, usize::from(codes.is_some())];
        if groups.iter().all(|count| *count == 0) {
            return Ok(Some(Self::default()));
        }
        let rows = sqlx::query!(
            r#"
            SELECT 0 AS "kind!", number AS "number!", id AS "id!"
            FROM unnest($1::text[], $2::integer[]) AS given (spelling, number)
                JOIN genres ON key = name_key(spelling)
            UNION SELECT 1, number, id FROM unnest($3::text[], $4::integer[]) AS given (spelling, number)
                JOIN actors ON key = name_key(spelling)
            UNION SELECT 2, number, id FROM unnest($5::text[], $6::integer[]) AS given (spelling, number)
                JOIN languages ON key = name_key(spelling)
            UNION ALL SELECT 3, 0, id FROM countries WHERE code = ANY ($7::text[])
            ORDER BY 1, 2, 3
            "#,
            &genres.names,
            &genres.numbers,
            &actors.names,
            &actors.numbers,
            &languages.names,
            &languages.numbers,
            codes.as_deref().unwrap_or_default(),
        )
        .fetch_all(connection)
        .await?;
        let mut found = groups.map(|count| vec![Vec::new(); count]);
        for row in rows {
            let group =
                found.get_mut(row.kind as usize).and_then(|groups| groups.get_mut(row.number as usize));
            group.into_iter().for_each(|ids| ids.push(row.id));
        }
        if found.iter().flatten().any(Vec::is_empty) {
            return Ok(None);
        }
        let [genres, actors, languages, mut countries] = found;
        let [genres, actors, languages] = [genres, actors, languages].map(BTreeSet::from_iter);
        Ok(Some(Self { genres, actors, languages, countries: countries.pop() }))
    }
}

impl Spellings {
    /// Returns the names as sent and in title case.
    fn of(choices: &Option<NameChoices>) -> Self {
        let mut spellings = Self::default();
        let groups = choices.iter().flat_map(|choices| choices.groups());
        for (number, group) in (0..).zip(groups) {
            let names: BTreeSet<_> = group.flat_map(|name| [name.to_owned(), title_case(name)]).collect();
            spellings.numbers.extend(names.iter().map(|_| number));
            spellings.names.extend(names);
            spellings.groups += 1;
        }
        spellings
    }
}

/// Returns the codes that are in every group, or `None` without groups.
fn common(choices: &CountryChoices) -> Option<Vec<String>> {
    let groups = choices.groups().map(|group| group.map(str::to_owned).collect::<BTreeSet<_>>());
    let codes = groups.reduce(|codes, group| codes.intersection(&group).cloned().collect())?;
    Some(codes.into_iter().collect())
}
