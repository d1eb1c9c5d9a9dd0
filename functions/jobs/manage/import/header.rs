//! Reads the header, the first row of a file.

use csv::{ByteRecord, ReaderBuilder};
use shared::validation::is_blank;

use super::rows::Row;

/// The columns of a catalogue, in the order in which the importer validates them.
#[derive(Clone, Copy, PartialEq)]
pub enum Column {
    Name,
    Date,
    Score,
    Genres,
    Overview,
    Actors,
    /// Optional, and ignored.
    OriginalTitle,
    Status,
    Languages,
    Budget,
    Revenue,
    Country,
}

impl Column {
    /// Every column, its name in the seed catalogue, and the movie field it fills, if any.
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

    /// The columns that are lists of names.
    pub const LISTS: [Self; 3] = [Self::Genres, Self::Actors, Self::Languages];

    /// Returns the names of the column in files, in the form of [`plain`]. If a file has several of them, the importer
    /// reads the first in this list.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Name => &["names", "name", "title", "movie", "movietitle", "moviename"],
            Self::Date => &["datex", "date", "releasedate", "releasedon"],
            Self::Score => &["score", "scorex", "userscore"],
            Self::Genres => &["genre", "genres"],
            Self::Overview => &["overview", "description", "plot", "synopsis", "summary"],
            Self::Actors => &["crew", "actors", "cast", "stars"],
            Self::OriginalTitle => &["origtitle", "originaltitle"],
            Self::Status => &["status", "releasestatus"],
            Self::Languages => &["origlang", "languages", "language", "spokenlanguages", "originallanguage"],
            Self::Budget => &["budgetx", "budget", "budgetusd"],
            Self::Revenue => &["revenue", "revenuex", "revenueusd", "boxoffice"],
            Self::Country => &["country", "countrycode", "countryoforigin", "origincountry"],
        }
    }
}

/// Returns the letters and digits of a column's name in lower case.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the delimiter of the first row in `start`: the one that gives the most known columns, or a comma.
pub fn delimiter(start: &[u8]) -> u8 {
    let known = |delimiter: u8| {
        let mut reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(start);
        let mut record = ByteRecord::new();
        // The importer reports an unreadable header later, when it reads the header as a row.
        let _ = reader.read_byte_record(&mut record);
        let names: Vec<_> = record.iter().map(|name| plain(&String::from_utf8_lossy(name))).collect();
        let is_known =
            |(column, ..): &&(Column, _, _)| names.iter().any(|name| column.names().contains(&&**name));
        Column::ALL.iter().filter(is_known).count()
    };
    // Of several maxima, max_by_key returns the last.
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|&delimiter| known(delimiter)).unwrap_or(b',')
}

/// The position of each column in a row.
pub struct Header {
    places: [Option<usize>; Column::ALL.len()],
    names: Vec<String>,
}

impl Header {
    /// Reads a header, which has the columns in any order and may have others. The error names every missing column.
    pub fn read(row: &Row) -> Result<Self, String> {
        let name = |place| row.value(place).trim_matches(is_blank);
        let plain_names: Vec<_> = (0..row.columns()).map(|place| plain(name(place))).collect();
        let mut places = [None; Column::ALL.len()];
        let mut missing = Vec::new();
        for (column, seed_name, field) in Column::ALL {
            let places_of = |name: &&str| {
                let places: Vec<_> =
                    (0..row.columns()).filter(|&place| plain_names[place] == *name).collect();
                (!places.is_empty()).then_some(places)
            };
            match column.names().iter().find_map(places_of).as_deref() {
                Some([place]) => places[column as usize] = Some(*place),
                Some([place, ..]) => {
                    return Err(format!("its header has the column {:?} twice", name(*place)));
                }
                _ if field.is_some() => missing.push(format!("{seed_name:?}")),
                _ => {}
            }
        }
        let header =
            Self { places, names: (0..row.columns()).map(|place| shown(name(place), place)).collect() };
        if missing.is_empty() {
            return Ok(header);
        }
        let plural = if missing.len() == 1 { "column" } else { "columns" };
        let others = match header.ignored().take(20).collect::<Vec<_>>() {
            others if others.is_empty() => String::new(),
            others => format!("; unknown columns: {}", others.join(", ")),
        };
        Err(format!("its header lacks the {plural} {}{others}", missing.join(", ")))
    }

    /// Returns the number of values in a row.
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// Returns the name of a column in the file.
    pub fn name(&self, column: Column) -> Option<&str> {
        self.places[column as usize].map(|place| &*self.names[place])
    }

    /// Returns the names of the ignored columns.
    pub fn ignored(&self) -> impl Iterator<Item = String> {
        let is_read = |place: &usize| self.places.contains(&Some(*place));
        (0..self.names.len()).filter(move |place| !is_read(place)).map(|place| self.names[place].clone())
    }

    /// Returns the value of `column` in `row`, trimmed.
    pub fn value<'a>(&self, row: &Row<'a>, column: Column) -> &'a str {
        self.places[column as usize].map_or("", |place| row.value(place).trim())
    }
}

/// Returns the name of a column for messages: cut if it is long, or the position if it is empty.
fn shown(name: &str, place: usize) -> String {
    match name.char_indices().nth(40) {
        _ if name.is_empty() => format!("column {}", place + 1),
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::rows::Rows, *};

    fn read(file: &str) -> Result<Header, String> {
        let mut rows = Rows::new(file.as_bytes()).expect("it is a file");
        Header::read(&rows.next().expect("it can be read").expect("it has a row"))
    }

    fn error(file: &str) -> String {
        read(file).err().expect("it lacks columns")
    }

    #[test]
    fn columns_are_known_by_many_names() {
        let header = read(
            "Title , RELEASE DATE,score,genres,Overview,Cast,status,Language,Budget,revenue,Country,id,,\n",
        );
        let header = header.expect("it has all columns");
        assert_eq!(header.name(Column::Date), Some("RELEASE DATE"));
        assert_eq!(header.name(Column::OriginalTitle), None);
        assert_eq!(header.ignored().collect::<Vec<_>>(), ["id", "column 13", "column 14"]);
        assert_eq!(header.columns(), 14);
    }

    #[test]
    fn likelier_name_is_read_and_the_other_ignored() {
        let header = read(
            "names,title,date_x,score,genre,overview,crew,cast,status,orig_lang,budget_x,revenue,country\n",
        );
        let header = header.expect("it has all columns");
        assert_eq!((header.name(Column::Name), header.name(Column::Actors)), (Some("names"), Some("crew")));
        assert_eq!(header.ignored().collect::<Vec<_>>(), ["title", "cast"]);
    }

    #[test]
    fn every_missing_column_is_named() {
        let missing = "its header lacks the columns \"date_x\", \"genre\", \"overview\", \"crew\", \"status\", \
                       \"orig_lang\", \"budget_x\", \"revenue\", \"country\"";
        assert_eq!(error("name,score\n"), missing);
        assert_eq!(error("name,score,land\n"), format!("{missing}; unknown columns: land"));
        let twice =
            error("Name,date,score,genre,overview,crew,status,orig_lang,budget,revenue,country, NAME\n");
        assert_eq!(twice, "its header has the column \"Name\" twice");
    }

    #[test]
    fn delimiter_is_that_of_the_known_names() {
        for (start, expected) in [
            ("names,date_x,score\n", b','),
            ("names;date_x;score\n", b';'),
            ("\"names\"\t\"date_x\"\t\"a;b,c\"\n", b'\t'),
            ("names|date_x|score\nHeat,|x|1\n", b'|'),
            ("a;b;c\n", b','),
            ("names;\"date,x;score\"\n", b';'),
            ("", b','),
        ] {
            assert_eq!(delimiter(start.as_bytes()), expected, "{start}");
        }
    }
}
