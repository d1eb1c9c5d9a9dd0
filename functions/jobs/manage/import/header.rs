//! Reads the header, the first row of a file.

use super::rows::Row;

/// The columns of a catalogue, in the order in which the importer validates them.
#[derive(Clone, Copy)]
pub enum Column {
    Name,
    Date,
    Score,
    Genres,
    Overview,
    Actors,
    /// Required, but ignored.
    OriginalTitle,
    Status,
    Languages,
    Budget,
    Revenue,
    Country,
}

impl Column {
    /// Every column, its name in the file, and the movie field it fills, if any.
    pub const ALL: [(Self, &'static str, Option<&'static str>); 12] = [
        (Self::Name, "names", Some("name")),
        (Self::Date, "date_x", Some("date")),
        (Self::Score, "score", Some("score")),
        (Self::Genres, "genre", Some("genres")),
        (Self::Overview, "overview", Some("overview")),
        (Self::Actors, "crew", Some("actors")),
        (Self::OriginalTitle, "orig_title", None),
        (Self::Status, "status", Some("status")),
        (Self::Languages, "orig_lang", Some("languages")),
        (Self::Budget, "budget_x", Some("budget")),
        (Self::Revenue, "revenue", Some("revenue")),
        (Self::Country, "country", Some("country")),
    ];
}

/// The position of each column in a row.
pub struct Header([usize; Column::ALL.len()]);

impl Header {
    /// The number of values in a row.
    pub const COLUMNS: usize = Column::ALL.len();

    /// Reads a header, which has each column once, in any order, and no others. The error names the wrong column.
    pub fn read(row: &Row) -> Result<Self, String> {
        let mut places = [0; Self::COLUMNS];
        for (column, name, _) in Column::ALL {
            let mut found = (0..row.columns()).filter(|&place| row.value(place).trim() == name);
            places[column as usize] =
                found.next().ok_or_else(|| format!("its header lacks the column {name:?}"))?;
            if found.next().is_some() {
                return Err(format!("its header has the column {name:?} twice"));
            }
        }
        if row.columns() > Self::COLUMNS {
            let expected = Column::ALL.map(|(_, name, _)| name).join(",");
            return Err(format!("its header has {} columns and not just {expected}", row.columns()));
        }
        Ok(Self(places))
    }

    /// Returns the value of `column` in `row`, trimmed.
    pub fn value<'a>(&self, row: &Row<'a>, column: Column) -> &'a str {
        row.value(self.0[column as usize]).trim()
    }
}
