//! The first row: which column is where.

use super::rows::Row;

/// The columns of a catalogue, in the order in which a row is judged.
#[derive(Clone, Copy)]
pub enum Column {
    Name,
    Date,
    Score,
    Genres,
    Overview,
    Actors,
    /// Must be there, and is read over.
    OriginalTitle,
    Status,
    Languages,
    Budget,
    Revenue,
    Country,
}

impl Column {
    /// Every column, with its name in the file.
    const ALL: [(Self, &'static str); 12] = [
        (Self::Name, "names"),
        (Self::Date, "date_x"),
        (Self::Score, "score"),
        (Self::Genres, "genre"),
        (Self::Overview, "overview"),
        (Self::Actors, "crew"),
        (Self::OriginalTitle, "orig_title"),
        (Self::Status, "status"),
        (Self::Languages, "orig_lang"),
        (Self::Budget, "budget_x"),
        (Self::Revenue, "revenue"),
        (Self::Country, "country"),
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Where each column is.
pub struct Header([usize; Column::ALL.len()]);

impl Header {
    /// How many values a row has.
    pub const COLUMNS: usize = Column::ALL.len();

    /// Reads a header: all columns in any order, each once, and no others. The error says which are wrong.
    pub fn read(row: &Row) -> Result<Self, String> {
        let names: Vec<_> =
            (0..row.columns.min(Self::COLUMNS * 2)).map(|column| row.value(column).trim()).collect();
        let mut places = [0; Self::COLUMNS];
        for (column, name) in Column::ALL {
            let mut found = (0..names.len()).filter(|&place| names[place] == name);
            places[column as usize] =
                found.next().ok_or_else(|| format!("its header lacks the column {name:?}"))?;
            if found.next().is_some() {
                return Err(format!("its header has the column {name:?} twice"));
            }
        }
        if row.columns > Self::COLUMNS {
            let expected = Column::ALL.map(|(_, name)| name).join(",");
            return Err(format!("its header has {} columns and not just {expected}", row.columns));
        }
        Ok(Self(places))
    }

    /// The value of `column` in `row`, without white space around it.
    pub fn value<'a>(&self, row: &Row<'a>, column: Column) -> &'a str {
        row.value(self.0[column as usize]).trim()
    }
}
