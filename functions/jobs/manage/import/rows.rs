//! Reads CSV rows ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), each with the line it starts on.

use std::io::Read;

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use shared::validation::is_blank;

use super::{
    encoding::Encoding,
    header,
    lines::{CsvError, Lines},
};

/// The rows of a file. Empty lines do not count.
pub struct Rows<R> {
    reader: Reader<Lines<R>>,
    delimiter: u8,
    record: StringRecord,
}

impl<R: Read> Rows<R> {
    /// Starts to read, skips a byte-order mark, and detects the delimiter in the first row.
    pub fn new(source: R) -> Result<Self, CsvError> {
        let lines = Lines::new(source)?;
        let delimiter = header::delimiter(lines.start());
        let reader =
            ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(lines);
        Ok(Self { reader, delimiter, record: StringRecord::new() })
    }

    /// Returns the delimiter.
    pub fn delimiter(&self) -> char {
        self.delimiter.into()
    }

    /// Returns the encoding of the file.
    pub fn encoding(&self) -> Encoding {
        self.reader.get_ref().encoding()
    }

    /// Returns the next row, or `None` after the last one.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, CsvError> {
        let Some(line) = self.reader.get_mut().start_row()? else { return Ok(None) };
        let is_read = self.reader.read_record(&mut self.record).map_err(|error| match error.into_kind() {
            ErrorKind::Io(error) => error.downcast().unwrap_or_else(CsvError::Source),
            // The parser accepts any number of values, so only this error is left.
            _ => CsvError::NotUtf8(line),
        })?;
        let ended = !self.reader.get_ref().is_cut();
        Ok(is_read.then_some(Row { line, ended, values: &self.record }))
    }
}

/// A copy of a row, to read others meanwhile.
pub struct KeptRow {
    line: u64,
    ended: bool,
    values: StringRecord,
}

impl KeptRow {
    /// Returns the row.
    pub fn row(&self) -> Row<'_> {
        Row { line: self.line, ended: self.ended, values: &self.values }
    }
}

/// One row.
pub struct Row<'a> {
    /// The line of the file that it starts on, counted from 1.
    pub line: u64,
    /// Whether a line break ends it, which only the last row of a file may lack.
    pub ended: bool,
    values: &'a StringRecord,
}

impl<'a> Row<'a> {
    /// Returns whether all values are blank, as in the rows that spreadsheets append.
    pub fn is_blank(&self) -> bool {
        self.values.iter().all(|value| value.trim_matches(is_blank).is_empty())
    }

    /// Returns the number of bytes in its values.
    pub fn len(&self) -> usize {
        self.values.as_slice().len()
    }

    /// Returns a copy.
    pub fn keep(&self) -> KeptRow {
        KeptRow { line: self.line, ended: self.ended, values: self.values.clone() }
    }

    /// Returns the number of values.
    pub fn columns(&self) -> usize {
        self.values.len()
    }

    /// Returns the value in `column`, counted from 0, or an empty value if the row is too short.
    pub fn value(&self, column: usize) -> &'a str {
        self.values.get(column).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use proptest::prelude::*;

    use super::*;

    /// Returns the rows of a file, each with its line. Fails with the first error.
    fn read(file: impl Read) -> Result<Vec<(u64, Vec<String>)>, CsvError> {
        let mut rows = Rows::new(file)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push((row.line, (0..row.columns()).map(|column| row.value(column).to_owned()).collect()));
        }
        Ok(all)
    }

    /// A file whose reads return these numbers of bytes in turn; 0 is an interrupted read.
    struct InPieces<'a>(&'a [u8], std::iter::Cycle<std::slice::Iter<'a, usize>>);

    impl Read for InPieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.1.next() {
                Some(0) => Err(io::ErrorKind::Interrupted.into()),
                length => {
                    let length = length.map_or(1, |&length| length).min(buffer.len());
                    self.0.read(&mut buffer[..length])
                }
            }
        }
    }

    #[test]
    fn row_line_numbers_count_every_kind_of_line_break() {
        let file = "a,b\r\n\r\n\"c\r\nd\",e\r\n\nf\n\r\"\"\rg";
        let expected = [(1, "a|b"), (3, "c\r\nd|e"), (6, "f"), (8, ""), (9, "g")];
        let rows: Vec<_> = read(file.as_bytes())
            .expect("it is a file")
            .into_iter()
            .map(|(line, row)| (line, row.join("|")))
            .collect();
        assert_eq!(rows, expected.map(|(line, row)| (line, row.to_owned())));
        let quoted = read("\"\r\"\n\"\"\n".as_bytes()).expect("it is a file");
        assert_eq!(quoted, [(1, vec!["\r".to_owned()]), (3, vec![String::new()])]);
    }

    #[test]
    fn byte_order_mark_is_skipped_in_any_read_size() {
        for (file, line) in
            [("\u{feff}a", 1), ("\u{feff}\r\n\na", 3), ("\n\u{feff}a", 2), ("\u{feff}\u{feff}a", 1)]
        {
            for length in 1..5 {
                let read = read(InPieces(file.as_bytes(), [length].iter().cycle())).expect("it is a file");
                assert_eq!(read, [(line, vec!["a".to_owned()])], "{file:?}");
            }
        }
        assert_eq!(read("\u{feff}".as_bytes()).expect("it is a file"), []);
    }

    #[test]
    fn unreadable_row_error_names_its_line() {
        let long = |length| [b"a\n\n\"".as_slice(), &vec![b'x'; length], b"\"\nb"].concat();
        assert_eq!(read(&long((1 << 20) - 3)[..]).expect("it is a file").len(), 3);
        for (file, problem) in [
            (b"a\r\n\r\nb,\xff\r\n".to_vec(), "the row on line 3 is not UTF-8"),
            (b"a\n\xc3,\xa9\n".to_vec(), "the row on line 2 is not UTF-8"),
            (
                b"a\n\"b\n\"\"c\"\n\n\"d\n\n\n".to_vec(),
                "it ends inside the quotation marks that the row on line 5 opens",
            ),
            (b"a\n\"b\"\"".to_vec(), "it ends inside the quotation marks that the row on line 2 opens"),
            (long((1 << 20) - 2), "the row on line 3 is longer than 1 MiB; is a quotation mark left open?"),
            (long(1 << 24), "the row on line 3 is longer than 1 MiB; is a quotation mark left open?"),
        ] {
            let error = read(&file[..]).expect_err("it is unreadable").to_string();
            assert!(error.starts_with(problem), "{error}");
        }
    }

    #[test]
    fn last_row_of_truncated_file_is_not_ended() {
        for (file, expected) in [("a\nb\n", [true, true]), ("a\nb\r", [true, true]), ("a\nb", [true, false])]
        {
            let mut rows = Rows::new(file.as_bytes()).expect("it is a file");
            let ended = [(); 2].map(|()| rows.next().expect("it is a row").expect("it is a row").ended);
            assert_eq!(ended, expected, "{file:?}");
            assert!(rows.next().expect("it is a file").is_none());
        }
    }

    proptest! {
        #[test]
        fn file_parses_the_same_in_any_read_sizes(
            file in "[,\"\r\n a\u{feff}é]{0,100}",
            lengths in prop::collection::vec(0..5_usize, 1..8),
        ) {
            prop_assume!(lengths.iter().any(|&length| length > 0));
            let whole = read(file.as_bytes()).map_err(|error| error.to_string());
            let in_pieces = read(InPieces(file.as_bytes(), lengths.iter().cycle()));
            prop_assert_eq!(in_pieces.map_err(|error| error.to_string()), whole);
        }

        #[test]
        fn arbitrary_bytes_never_panic(file in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&file[..]);
        }

        #[test]
        fn csv_like_bytes_never_panic(file in "[,\"\r\n a\u{feff}é]{0,400}") {
            let _ = read(file.as_bytes());
        }

        #[test]
        fn quoted_rows_round_trip(
            rows in prop::collection::vec(prop::collection::vec("[^\u{feff}\u{0}]{0,20}", 1..12), 1..20),
        ) {
            let mut file = String::new();
            let mut lines = Vec::new();
            for row in &rows {
                let breaks = file.matches(['\n', '\r']).count() - file.matches("\r\n").count();
                lines.push(1 + breaks as u64);
                let values: Vec<_> = row.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
                file.push_str(&values.join(","));
                file.push('\n');
            }
            let read = read(file.as_bytes()).expect("it is a file");
            prop_assert_eq!(read, lines.into_iter().zip(rows).collect::<Vec<_>>());
        }
    }
}
