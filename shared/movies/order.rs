//! The orders of movie lists, as SQL on `movies`.

use super::filters::Conditions;
use crate::models::{Cursor, Place, Sort, SortKey, Value, movies::MovieSummary};

/// Columns to sort by, with their directions. The last one is the id.
pub(super) struct Order(Vec<(&'static str, bool)>);

impl Order {
    /// Returns the order by the keys of `sort`. Ids have the direction of the last key.
    pub fn new(sort: &Sort) -> Self {
        let keys = sort.keys();
        let columns = keys.iter().filter(|key| **key != SortKey::Newest);
        let columns = columns.map(|key| (column(*key), key.is_ascending()));
        let ascends = keys.last().is_some_and(|key| key.is_ascending());
        Self(columns.chain([("movies.id", ascends)]).collect())
    }

    /// Returns the expressions for `ORDER BY`.
    pub fn sql(&self) -> String {
        let columns = self.0.iter().map(|(column, ascends)| format!("{column} {}", direction(*ascends)));
        columns.collect::<Vec<_>>().join(", ")
    }

    /// Returns the condition for movies after `cursor`.
    pub fn behind(&self, cursor: &Cursor, conditions: &mut Conditions) -> String {
        let values = match &cursor.place {
            Place::Values(values) => values.as_slice(),
            Place::Class(_) => &[],
        };
        let mut bounds: Vec<_> = values.iter().map(|value| bound(value, conditions)).collect();
        bounds.push(conditions.argument(cursor.id));
        let columns: Vec<_> = self.0.iter().zip(&bounds).collect();
        let first = self.0[0].1;
        if self.0.iter().all(|(_, ascends)| *ascends == first) {
            let names: Vec<_> = self.0.iter().map(|(column, _)| *column).collect();
            return format!("({}) {} ({})", names.join(", "), comparison(first), bounds.join(", "));
        }
        // From the last column to the first: after in this column, or equal and after in the following ones.
        columns.into_iter().rev().fold(String::from("false"), |rest, ((column, ascends), bound)| {
            let than = comparison(*ascends);
            format!("{column} {than}= {bound} AND ({column} {than} {bound} OR {rest})")
        })
    }
}

/// Returns the values of a movie in the columns of `sort`, except the id.
pub(super) fn values(sort: &Sort, movie: &MovieSummary) -> Vec<Value> {
    let value = |key: &SortKey| match key {
        SortKey::Newest => None,
        SortKey::Name | SortKey::NameDescending => Some(Value::Name(movie.name.clone())),
        SortKey::Earliest | SortKey::Latest => Some(Value::Date(movie.date)),
        // Adding zero turns a negative zero into a positive one.
        SortKey::Worst | SortKey::Best => Some(Value::Score(movie.score + 0.0)),
    };
    sort.keys().iter().filter_map(value).collect()
}

fn column(key: SortKey) -> &'static str {
    match key {
        SortKey::Newest => "movies.id",
        SortKey::Name | SortKey::NameDescending => r#"movies.name COLLATE "C""#,
        SortKey::Earliest | SortKey::Latest => "movies.date",
        SortKey::Worst | SortKey::Best => "movies.score",
    }
}

fn direction(ascends: bool) -> &'static str {
    if ascends { "ASC" } else { "DESC" }
}

fn comparison(ascends: bool) -> &'static str {
    if ascends { ">" } else { "<" }
}

/// Adds a value as an argument and returns its placeholder.
fn bound(value: &Value, conditions: &mut Conditions) -> String {
    match value {
        Value::Name(name) => conditions.argument(name.clone()),
        Value::Date(date) => conditions.argument(*date),
        Value::Score(score) => conditions.argument(*score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the order by `keys` and the condition for a cursor with `values`.
    fn sql(keys: &[SortKey], values: &[f64]) -> (String, String) {
        let sort = Sort::By(keys.to_vec());
        let place = Place::Values(values.iter().map(|value| Value::Score(*value)).collect());
        let cursor = Cursor { sort, filters: None, total: 1, id: 1, place };
        let order = Order::new(&cursor.sort);
        (order.sql(), order.behind(&cursor, &mut Conditions::default()))
    }

    #[test]
    fn columns_in_one_direction_are_compared_as_a_row() {
        let (order, condition) = sql(&[SortKey::Newest], &[]);
        assert_eq!((&*order, &*condition), ("movies.id DESC", "(movies.id) < ($1)"));
        let (order, condition) = sql(&[SortKey::Best, SortKey::Latest], &[1.0, 2.0]);
        assert_eq!(order, "movies.score DESC, movies.date DESC, movies.id DESC");
        assert_eq!(condition, "(movies.score, movies.date, movies.id) < ($1, $2, $3)");
    }

    #[test]
    fn columns_in_two_directions_are_compared_one_by_one() {
        let (order, condition) = sql(&[SortKey::Best, SortKey::Name], &[1.0, 2.0]);
        assert_eq!(order, r#"movies.score DESC, movies.name COLLATE "C" ASC, movies.id ASC"#);
        assert_eq!(
            condition,
            "movies.score <= $1 AND (movies.score < $1 OR movies.name COLLATE \"C\" >= $2 AND \
             (movies.name COLLATE \"C\" > $2 OR movies.id >= $3 AND (movies.id > $3 OR false)))"
        );
    }
}
