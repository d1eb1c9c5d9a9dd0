//! Converts a row of a catalogue to JSON, which the API's own rules then validate as a [`NewMovie`].

use std::borrow::Cow;

use shared::{
    json::{Json, Members},
    models::movies::NewMovie,
    validation::{Fault, FromObject, Object},
};

use super::{
    header::{Column, Header},
    lists::ListForm,
    rows::Row,
};
use crate::country::country_code;

/// Why the importer rejects a row.
pub struct Rejection {
    pub line: u64,
    /// The column's name in the file, or `None` if the row as a whole is wrong.
    pub field: Option<String>,
    pub reason: String,
}

/// The format of a file's rows.
pub struct Format {
    pub header: Header,
    /// The forms of the columns of [`Column::LISTS`].
    pub lists: [ListForm; Column::LISTS.len()],
}

impl Format {
    /// Returns the form of the lists in a column, or `None` for a column without lists.
    fn list(&self, column: Column) -> Option<ListForm> {
        Some(self.lists[Column::LISTS.iter().position(|list| *list == column)?])
    }
}

/// Reads the movie of `row`. Fails with the fault in the first column that has one.
pub fn read(row: &Row, format: &Format) -> Result<NewMovie, Rejection> {
    let header = &format.header;
    if row.columns() != header.columns() {
        let reason = format!("has {} columns instead of {}", row.columns(), header.columns());
        return Err(Rejection { line: row.line, field: None, reason });
    }
    let member = |(column, _, field): (Column, _, Option<&'static str>)| {
        Some((Cow::Borrowed(field?), json(column, format.list(column), header.value(row, column))?))
    };
    let mut members = Members::with_capacity(Column::ALL.len());
    members.extend(Column::ALL.into_iter().filter_map(member));
    let object = Json::Object(members);
    NewMovie::from_object(Object::new("body", &object)).map_err(|faults| {
        let fault_in = |field| faults.iter().find(|fault| fault.field() == Some(field));
        let (column, fault) = Column::ALL
            .into_iter()
            .find_map(|(column, _, field)| Some((column, fault_in(field?)?)))
            .expect("each field has a column");
        let reason = reason(column, format.list(column), header.value(row, column), fault);
        Rejection { line: row.line, field: header.name(column).map(str::to_owned), reason }
    })
}

/// Converts the cell `text` to JSON, or returns `None` if the cell leaves the field out. A text in another form becomes
/// null, which the field rejects.
fn json(column: Column, list: Option<ListForm>, text: &str) -> Option<Json<'_>> {
    if let Some(list) = list {
        let items = list.items(text);
        return Some(
            items.map_or(Json::Null, |items| Json::Array(items.into_iter().map(Json::String).collect())),
        );
    }
    match column {
        Column::Overview => Some(text.into()),
        // Unknown amounts are empty.
        Column::Budget | Column::Revenue if text.is_empty() => Some(Json::Number("0")),
        _ if text.is_empty() => None,
        Column::Country => Some(Json::String(country_code(text))),
        Column::Date => Some(date(text).map_or(Json::Null, Json::String)),
        _ => Some(text.into()),
    }
}

/// Returns the `YYYY-MM-DD` form of a date, also from `MM/DD/YYYY`. Does not check that the day exists.
fn date(text: &str) -> Option<Cow<'_, str>> {
    let bytes: [u8; 10] = text.as_bytes().try_into().ok()?;
    match &bytes.map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }) {
        b"00/00/0000" => Some(format!("{}-{}-{}", &text[6..], &text[..2], &text[3..5]).into()),
        b"0000-00-00" => Some(text.into()),
        _ => None,
    }
}

/// Describes the fault in the cell `text`, or in the list item that the fault points to.
fn reason(column: Column, list: Option<ListForm>, text: &str, fault: &Fault) -> String {
    let items = list.map(|list| list.items(text).ok_or_else(|| list.expectation()));
    let item = match (&items, fault.item()) {
        (Some(Err(expectation)), _) => return format!("{}: {expectation}", quoted(text)),
        (Some(Ok(items)), Some(index)) => items.get(index).map(|item| &**item),
        _ => None,
    };
    let value = item.unwrap_or(text);
    match column {
        _ if value.is_empty() => fault.message().to_owned(),
        Column::Date if date(text).is_none() => {
            format!("{}: Input should be a date written MM/DD/YYYY or YYYY-MM-DD", quoted(text))
        }
        Column::Country if text.chars().count() > 3 => {
            format!("{}: Input should be a country's English name, or a code of 2 or 3 letters", quoted(text))
        }
        _ => format!("{}: {}", quoted(value), fault.message()),
    }
}

/// Quotes a value for a message, and cuts a long one.
pub fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::rows::Rows, *};

    const HEADER: &str =
        "names,date_x,score,genre,overview,crew,orig_title,status,orig_lang,budget_x,revenue,country";

    /// Reads the movie of a file with one row.
    fn read_row(row: &str) -> Result<NewMovie, Rejection> {
        let file = format!("{HEADER}\n{row}\n");
        let mut rows = Rows::new(file.as_bytes()).expect("it is a file");
        let header = Header::read(&rows.next().expect("it is a file").expect("it has a header"));
        let format = Format { header: header.expect("it has all columns"), lists: [ListForm::Commas; 3] };
        read(&rows.next().expect("it is a file").expect("it has a row"), &format)
    }

    /// Reads the movie of a valid row whose `column` has this value.
    fn read_with(column: &str, value: &str) -> Result<NewMovie, Rejection> {
        let good = "Heat,12/15/1995,83,Crime,A thief.,Al Pacino,Heat,Released,English,6e7,187436818,US";
        let value_of = |(name, good)| format!("\"{}\"", if name == column { value } else { good });
        let values: Vec<_> = HEADER.split(',').zip(good.split(',')).map(value_of).collect();
        read_row(&values.join(","))
    }

    fn movie(column: &str, value: &str) -> NewMovie {
        read_with(column, value).unwrap_or_else(|rejection| panic!("{value:?}: {rejection}"))
    }

    fn reason(column: &str, value: &str) -> String {
        let rejection = read_with(column, value).err().unwrap_or_else(|| panic!("{value:?} is taken"));
        assert_eq!((rejection.line, rejection.field.as_deref()), (2, Some(column)));
        rejection.reason
    }

    #[test]
    fn every_movie_field_has_a_column() {
        for name in NewMovie::FIELDS {
            assert!(Column::ALL.iter().any(|(_, _, field)| *field == Some(*name)), "{name}");
        }
    }

    #[test]
    fn list_keeps_order_and_spelling() {
        let movie = movie("crew", " bob McKay,\u{a0}Ann, ,ANN,Ann,,\u{1f}bob McKay");
        assert_eq!(
            movie.actors.as_sent().collect::<Vec<_>>(),
            ["bob McKay", "Ann", "ANN", "Ann", "bob McKay"]
        );
    }

    #[test]
    fn list_of_another_form_is_rejected() {
        let expected = "\"['Crime']\": Input should be a list with commas, as in the other rows";
        assert_eq!(reason("genre", "['Crime']"), expected);
    }

    #[test]
    fn country_is_a_name_or_a_code() {
        for (text, code) in [("France", "FR"), ("usa", "US"), ("gb", "GB"), ("xqz", "XQZ")] {
            assert_eq!(movie("country", text).country.as_str(), code);
        }
        let expected = "\"Narnia\": Input should be a country's English name, or a code of 2 or 3 letters";
        assert_eq!(reason("country", "Narnia"), expected);
    }

    #[test]
    fn date_parses_in_both_formats() {
        for text in [" 02/29/2024 ", "2024-02-29"] {
            assert_eq!(movie("date_x", text).date.to_string(), "2024-02-29");
        }
        for text in ["2024-02-29T00:00", "2/29/2024", "02/29/24", "29.02.2024", "é/é/éé ", "é/é/ééé"]
        {
            let expected =
                format!("{:?}: Input should be a date written MM/DD/YYYY or YYYY-MM-DD", text.trim());
            assert_eq!(reason("date_x", text), expected);
        }
        let no_day = "Input should be a valid date or datetime, day value is outside expected range";
        assert_eq!(reason("date_x", "02/30/2024"), format!("\"02/30/2024\": {no_day}"));
    }

    #[test]
    fn empty_amount_is_zero_and_other_empty_cells_are_missing() {
        assert_eq!(movie("budget_x", " ").budget.hundredths(), 0);
        assert_eq!(movie("revenue", "").revenue, 0.0);
        assert_eq!(movie("overview", "").overview.as_str(), "");
        for column in ["names", "date_x", "score", "status", "country"] {
            assert_eq!(reason(column, "\u{a0}"), "Field required");
        }
    }

    #[test]
    fn rejection_reason_quotes_start_of_value_or_item() {
        assert_eq!(reason("score", "100.5"), "\"100.5\": Input should be less than or equal to 100");
        let (long, shown) = ("é".repeat(256), "é".repeat(40));
        let expected = format!("\"{shown}\"…: String should have at most 255 characters");
        assert_eq!(reason("names", &long), expected);
        assert_eq!(reason("genre", &format!("Crime,,{long},Crime")), expected);
    }

    #[test]
    fn rejection_reports_first_column_with_error() {
        let row = "Heat,12/15/1995,83,A\0,,,,Rumored,,,,?";
        let rejection = read_row(row).err().expect("it has faults");
        assert_eq!(
            rejection.to_string(),
            "line 2, genre: \"A\\0\": Value error, NUL characters are not allowed."
        );
    }
}
