//! From a row of a catalogue to a [`NewMovie`]: what is CSV's own, in front of the rules that the API has too.

use std::{borrow::Cow, collections::HashSet};

use shared::{
    json::{Json, Members},
    models::movies::NewMovie,
    validation::{Fault, FromObject, Object, is_blank},
};

use super::{
    header::{Column, Header},
    rows::Row,
};

/// Why a row holds no movie.
pub struct Rejection {
    pub line: u64,
    /// The column; `None`: the row as a whole.
    pub field: Option<&'static str>,
    pub reason: String,
}

/// Reads the movie of `row`. Fails with the fault that is in the first of the columns.
pub fn read(row: &Row, header: &Header) -> Result<NewMovie, Rejection> {
    if row.columns() != Header::COLUMNS {
        let reason = format!("has {} columns in place of {}", row.columns(), Header::COLUMNS);
        return Err(Rejection { line: row.line, field: None, reason });
    }
    let member = |(column, _, field): (Column, _, Option<&'static str>)| {
        Some((Cow::Borrowed(field?), json(column, header.value(row, column))?))
    };
    let mut members = Members::with_capacity(Header::COLUMNS);
    members.extend(Column::ALL.into_iter().filter_map(member));
    let object = Json::Object(members);
    NewMovie::from_object(Object::new("body", &object)).map_err(|faults| {
        let fault_in = |field| faults.iter().find(|fault| fault.field() == Some(field));
        let (column, name, fault) = Column::ALL
            .into_iter()
            .find_map(|(column, name, field)| Some((column, name, fault_in(field?)?)))
            .expect("each field has a column");
        let reason = reason(column, header.value(row, column), fault);
        Rejection { line: row.line, field: Some(name), reason }
    })
}

/// Returns what the cell `text` means, or `None` where the movie lacks the field.
fn json(column: Column, text: &str) -> Option<Json<'_>> {
    match column {
        Column::Genres | Column::Actors | Column::Languages => {
            Some(Json::Array(items(text).map(Json::from).collect()))
        }
        Column::Overview => Some(text.into()),
        // An amount that is not known.
        Column::Budget | Column::Revenue if text.is_empty() => Some(Json::Number("0")),
        _ if text.is_empty() => None,
        // Null is a fault in the field, as a text of another form has to be one.
        Column::Date => Some(date(text).map_or(Json::Null, Json::String)),
        _ => Some(text.into()),
    }
}

/// Returns the items between commas, in their order and each once; empty ones are none.
fn items(text: &str) -> impl Iterator<Item = &str> {
    let mut seen = HashSet::new();
    let items = text.split(',').map(|item| item.trim_matches(is_blank));
    items.filter(move |item| !item.is_empty() && seen.insert(*item))
}

/// Returns the `YYYY-MM-DD` of a text of this form or `MM/DD/YYYY`, whether there is such a day or not.
fn date(text: &str) -> Option<Cow<'_, str>> {
    let bytes: [u8; 10] = text.as_bytes().try_into().ok()?;
    match &bytes.map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }) {
        b"00/00/0000" => Some(format!("{}-{}-{}", &text[6..], &text[..2], &text[3..5]).into()),
        b"0000-00-00" => Some(text.into()),
        _ => None,
    }
}

/// Says what is wrong with the cell `text`, or with the item of its list that the fault is in.
fn reason(column: Column, text: &str, fault: &Fault) -> String {
    let value = fault.item().map_or(text, |index| items(text).nth(index).unwrap_or_default());
    match column {
        _ if value.is_empty() => fault.message().to_owned(),
        Column::Date if date(text).is_none() => {
            format!("{}: Input should be a date written MM/DD/YYYY or YYYY-MM-DD", quoted(text))
        }
        _ => format!("{}: {}", quoted(value), fault.message()),
    }
}

/// Returns a value as it may stand in a reason: in quotation marks, and only the start of a long one.
fn quoted(text: &str) -> String {
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

    /// What a file of one row comes to.
    fn read_row(row: &str) -> Result<NewMovie, Rejection> {
        let file = format!("{HEADER}\n{row}\n");
        let mut rows = Rows::new(file.as_bytes()).expect("it is a file");
        let header = Header::read(&rows.next().expect("it is a file").expect("it has a header"));
        let header = header.expect("it has all columns");
        read(&rows.next().expect("it is a file").expect("it has a row"), &header)
    }

    /// What a good row comes to when `column` has this value.
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
        assert_eq!((rejection.line, rejection.field), (2, Some(column)));
        rejection.reason
    }

    #[test]
    fn every_movie_field_has_a_column() {
        for name in NewMovie::FIELDS {
            assert!(Column::ALL.iter().any(|(_, _, field)| *field == Some(*name)), "{name}");
        }
    }

    #[test]
    fn list_keeps_order_and_spelling_without_repeats() {
        let movie = movie("crew", " bob McKay,\u{a0}Ann, ,ANN,Ann,,\u{1f}bob McKay");
        assert_eq!(movie.actors.as_sent().collect::<Vec<_>>(), ["bob McKay", "Ann", "ANN"]);
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
