//! CSV rows, one at a time, each with the line it starts on ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)).

use std::io::{self, Read};

use csv_core::{ReadRecordResult, Reader};

/// More than this in one row is most likely a quotation mark that nobody closed.
const LONGEST_ROW: usize = 1 << 20;

/// How many ends of values are kept; longer rows are counted and their values forgotten.
const MOST_COLUMNS: usize = 64;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What makes the rest of a file unreadable.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("{0}")]
    Source(#[from] io::Error),
    #[error("the row on line {0} is not UTF-8")]
    NotUtf8(u64),
    #[error("the row on line {0} is longer than 1 MiB; is a quotation mark left open?")]
    TooLong(u64),
    #[error("it ends inside the quotation marks that the row on line {0} opens")]
    OpenQuotation(u64),
}

/// The rows of a file. Empty lines are none.
pub struct Rows<R> {
    source: R,
    buffer: Vec<u8>,
    /// What of the buffer is read from the source, and not consumed.
    unread: std::ops::Range<usize>,
    parser: Reader,
    /// Line breaks that the parser never saw.
    skipped: u64,
    values: Vec<u8>,
    ends: Vec<usize>,
}

impl<R: Read> Rows<R> {
    /// Starts to read; a byte-order mark is skipped.
    pub fn new(mut source: R) -> Result<Self, Fault> {
        let mut start = Vec::new();
        source.by_ref().take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut start)?;
        if start == BYTE_ORDER_MARK {
            start.clear();
        }
        let unread = 0..start.len();
        start.resize(1 << 16, 0);
        Ok(Self {
            source,
            buffer: start,
            unread,
            parser: Reader::new(),
            skipped: 0,
            values: vec![0; 1 << 12],
            ends: vec![0; MOST_COLUMNS],
        })
    }

    /// The next row, or `None` after the last one.
    pub fn next(&mut self) -> Result<Option<Row<'_>>, Fault> {
        if !self.skip_line_breaks()? {
            return Ok(None);
        }
        let line = self.parser.line() + self.skipped;
        let (mut length, mut kept, mut forgotten) = (0, 0, 0);
        let ended = loop {
            let more = self.fill()?;
            // Where the file ends, a line break tells whether a quotation is still open.
            let input = if more { &self.buffer[self.unread.clone()] } else { b"\n" };
            let (result, read, written, found) =
                self.parser.read_record(input, &mut self.values[length..], &mut self.ends[kept..]);
            self.unread.start += if more { read } else { 0 };
            length += written;
            kept += found;
            match result {
                ReadRecordResult::InputEmpty if more => {}
                ReadRecordResult::InputEmpty | ReadRecordResult::End => {
                    return Err(Fault::OpenQuotation(line));
                }
                ReadRecordResult::OutputFull if length >= LONGEST_ROW => return Err(Fault::TooLong(line)),
                ReadRecordResult::OutputFull => self.values.resize(length * 2, 0),
                ReadRecordResult::OutputEndsFull => (kept, forgotten) = (0, forgotten + kept),
                ReadRecordResult::Record => break more,
            }
        };
        let text = str::from_utf8(&self.values[..length]).map_err(|_| Fault::NotUtf8(line))?;
        let ends = &self.ends[..kept];
        if forgotten == 0 && !ends.iter().all(|&end| text.is_char_boundary(end)) {
            return Err(Fault::NotUtf8(line));
        }
        Ok(Some(Row { line, ended, columns: forgotten + kept, text, ends }))
    }

    /// Goes to the first byte of the next row; false where there is none.
    fn skip_line_breaks(&mut self) -> Result<bool, Fault> {
        while self.fill()? {
            match self.buffer[self.unread.start] {
                b'\n' => self.skipped += 1,
                b'\r' => {}
                _ => return Ok(true),
            }
            self.unread.start += 1;
        }
        Ok(false)
    }

    /// Makes sure that something is unread; false at the end of the file.
    fn fill(&mut self) -> Result<bool, Fault> {
        while self.unread.is_empty() {
            match self.source.read(&mut self.buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => self.unread = 0..length,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}

/// One row.
pub struct Row<'a> {
    /// The line of the file that it starts on, counted from 1.
    pub line: u64,
    /// Whether a line break ends it; only a file's last row may lack that.
    pub ended: bool,
    /// How many values it has.
    pub columns: usize,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
    /// The value in `column`, counted from 0; empty where the row is too short.
    pub fn value(&self, column: usize) -> &'a str {
        let start = column.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(0));
        self.ends.get(column).map_or("", |&end| &self.text[start..end])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rows of a file, each with its line, or the problem that ends it.
    fn read(file: &[u8]) -> Result<Vec<(u64, Vec<String>)>, Fault> {
        let mut rows = Rows::new(file)?;
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            let values = (0..row.columns.min(MOST_COLUMNS)).map(|column| row.value(column).to_owned());
            all.push((row.line, values.collect()));
        }
        Ok(all)
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(file in prop::collection::vec(any::<u8>(), 0..2000)) {
            let _ = read(&file);
        }

        #[test]
        fn bytes_of_the_grammar_are_read_or_refused(file in "[,\"\r\n a\u{feff}é]{0,400}") {
            let _ = read(file.as_bytes());
        }

        #[test]
        fn quoted_rows_are_read_as_they_were(
            rows in prop::collection::vec(prop::collection::vec("[^\u{feff}\u{0}]{0,20}", 1..12), 1..20),
        ) {
            let mut file = String::new();
            let mut lines = Vec::new();
            for row in &rows {
                lines.push(1 + file.matches('\n').count() as u64);
                let values: Vec<_> = row.iter().map(|value| format!("\"{}\"", value.replace('"', "\"\""))).collect();
                file.push_str(&values.join(","));
                file.push('\n');
            }
            let read = read(file.as_bytes()).expect("it is a file");
            prop_assert_eq!(read, lines.into_iter().zip(rows).collect::<Vec<_>>());
        }
    }
}
