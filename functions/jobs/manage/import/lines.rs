//! The bytes of a file on their way to the CSV parser, which learns of each row's bytes when it is that row's turn.

use std::io::{self, BufRead, BufReader, Read};

/// The longest row, in bytes. A longer one is most likely a quotation mark that was left open.
const LONGEST_ROW: usize = 1 << 20;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What makes the rest of a file unreadable.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The bytes do not arrive.
    #[error("{0}")]
    Source(#[from] io::Error),
    /// Of the row on this line.
    #[error("the row on line {0} is not UTF-8")]
    NotUtf8(u64),
    /// Of the row on this line.
    #[error("the row on line {0} is longer than 1 MiB; is a quotation mark left open?")]
    TooLong(u64),
    /// Of the row on this line, the last one.
    #[error("it ends inside the quotation marks that the row on line {0} opens")]
    OpenQuotation(u64),
}

/// A file in pieces that end with a line feed or a carriage return, as rows do.
///
/// A parser that reads it has no byte of a row before it is done with the row in front. So it is known here where a row
/// starts, how long it is and whether it ends. Errors of [`Read::read`] hold a [`CsvError`] where the file is wrong.
pub struct Lines<R> {
    source: BufReader<io::Chain<io::Cursor<Vec<u8>>, R>>,
    /// The line of the next byte, counted from 1.
    line: u64,
    /// The line that the row in turn starts on.
    row_line: u64,
    /// How many bytes of that row were read.
    row_length: usize,
    is_cut: bool,
}

impl<R: Read> Lines<R> {
    /// Starts to read; a byte-order mark is skipped.
    pub fn new(mut source: R) -> io::Result<Self> {
        // A mark can arrive in parts, and a parser takes one that arrives alone for the end of the file.
        let (mut start, mut line) = (Vec::new(), 1);
        loop {
            let missing = BYTE_ORDER_MARK.len() - start.len();
            source.by_ref().take(missing as u64).read_to_end(&mut start)?;
            match start[..] {
                [b'\n' | b'\r', ..] => line += u64::from(start.remove(0) == b'\n'),
                _ if start == BYTE_ORDER_MARK => start.clear(),
                _ => break,
            }
        }
        let source = BufReader::with_capacity(1 << 16, io::Cursor::new(start).chain(source));
        Ok(Self { source, line, row_line: line, row_length: 0, is_cut: false })
    }

    /// Goes to the first byte of the next row, over empty lines, and returns its line; `None` at the end of the file.
    pub fn start_row(&mut self) -> io::Result<Option<u64>> {
        while !self.is_cut && self.fill()? {
            match self.source.buffer().first() {
                Some(b'\n') => self.line += 1,
                Some(b'\r') => {}
                _ => {
                    (self.row_line, self.row_length) = (self.line, 0);
                    return Ok(Some(self.line));
                }
            }
            self.source.consume(1);
        }
        Ok(None)
    }

    /// Returns whether the file ended before a line break had ended the row in turn.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Makes sure that something is buffered; false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            match self.source.fill_buf() {
                Ok(bytes) => return Ok(!bytes.is_empty()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends a row that has no line break; a parser that then still asks is inside quotation marks.
    fn cut(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match std::mem::replace(&mut self.is_cut, true) {
            false => b"\n".as_slice().read(buffer),
            true => Err(io::Error::other(CsvError::OpenQuotation(self.row_line))),
        }
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.fill()? {
            return self.cut(buffer);
        }
        let bytes = self.source.buffer();
        let line_break = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let length = (&bytes[..line_break.map_or(bytes.len(), |place| place + 1)]).read(buffer)?;
        self.source.consume(length);
        self.line += u64::from(buffer[..length].ends_with(b"\n"));
        self.row_length += length;
        match self.row_length > LONGEST_ROW {
            true => Err(io::Error::other(CsvError::TooLong(self.row_line))),
            false => Ok(length),
        }
    }
}
