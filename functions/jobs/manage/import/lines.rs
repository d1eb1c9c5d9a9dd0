//! Feeds the CSV parser one row at a time, so that the importer knows the line and the length of each row.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use super::encoding::{Decoder, Encoding};

/// The longest row, in bytes. A longer row most likely has a quotation mark that is never closed.
const LONGEST_ROW: usize = 1 << 20;

/// How much of a file the importer inspects before it reads the first row, in bytes.
const START: u64 = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// An error that makes the rest of a file unreadable.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The source fails.
    #[error("{0}")]
    Source(#[from] io::Error),
    /// The row on this line is not UTF-8.
    #[error(
        "the row on line {0} is not UTF-8; save the file as UTF-8, in Excel as \"CSV UTF-8\", in LibreOffice as text \
             CSV with the character set \"Unicode (UTF-8)\""
    )]
    NotUtf8(u64),
    /// UTF-16 needs a mark that gives its byte order.
    #[error("it is UTF-16 without a byte-order mark; save it as UTF-8, in Excel as \"CSV UTF-8\"")]
    NoMark,
    /// An Excel or LibreOffice file.
    #[error(
        "it is a spreadsheet and no CSV; save it as UTF-8 CSV, in Excel as \"CSV UTF-8\", in LibreOffice as text CSV \
             with the character set \"Unicode (UTF-8)\""
    )]
    Spreadsheet,
    /// A gzip file.
    #[error("it is compressed; unpack it first")]
    Compressed,
    /// The row on this line is too long.
    #[error("the row on line {0} is longer than 1 MiB; is a quotation mark left open?")]
    TooLong(u64),
    /// The row on this line, the last one, has a quotation mark that is never closed.
    #[error("it ends inside the quotation marks that the row on line {0} opens")]
    OpenQuotation(u64),
}

/// A reader that returns at most one line of a file per read.
///
/// The parser therefore finishes each row before it reads a byte of the next one, and this reader knows where a row
/// starts, how long it is and whether a line break ends it. If the file is invalid, [`Read::read`] fails with a
/// [`CsvError`].
pub struct Lines<R> {
    source: BufReader<Prefixed<Decoder<Prefixed<R>>>>,
    encoding: Encoding,
    /// The line of the next byte, counted from 1.
    line: u64,
    /// The line that the current row starts on.
    row_line: u64,
    /// The number of bytes read of that row.
    row_length: usize,
    /// Whether the previous byte was a carriage return, so that a line feed belongs to the same line break.
    is_after_return: bool,
    is_cut: bool,
}

/// A reader whose start was read already.
type Prefixed<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads up to `length` bytes, and returns them and the rest.
fn peek<R: Read>(mut source: R, length: u64) -> io::Result<(Vec<u8>, R)> {
    let mut start = Vec::new();
    source.by_ref().take(length).read_to_end(&mut start)?;
    Ok((start, source))
}

/// Fails if a file with this start is not text.
fn require_text(start: &[u8]) -> Result<(), CsvError> {
    let zeros = start.iter().take(64).filter(|&&byte| byte == 0).count();
    match start {
        // ZIP, the container of newer spreadsheets, and the container of older Excel files.
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(CsvError::Spreadsheet),
        [0x1f, 0x8b, ..] => Err(CsvError::Compressed),
        _ if Encoding::of(start).0 == Encoding::Utf8 && zeros * 3 > start.len().min(64) => {
            Err(CsvError::NoMark)
        }
        _ => Ok(()),
    }
}

impl<R: Read> Lines<R> {
    /// Starts to read, and skips a byte-order mark. Fails if the file is not text.
    pub fn new(source: R) -> Result<Self, CsvError> {
        let (mut start, source) = peek(source, START)?;
        require_text(&start)?;
        let (encoding, mark) = Encoding::of(&start);
        start.drain(..mark);
        // A mark can follow empty lines, and one that arrives alone looks to a parser like the end of the file.
        let (start, source) = peek(Decoder::new(Cursor::new(start).chain(source), encoding), START)?;
        let source = BufReader::with_capacity(START as usize, Cursor::new(start).chain(source));
        let mut lines = Self {
            source,
            encoding,
            line: 1,
            row_line: 1,
            row_length: 0,
            is_after_return: false,
            is_cut: false,
        };
        while lines.start_row()?.is_some() && lines.source.buffer().starts_with(BYTE_ORDER_MARK) {
            lines.source.consume(BYTE_ORDER_MARK.len());
        }
        Ok(lines)
    }

    /// Returns the buffered bytes, which start with the next row.
    pub fn start(&self) -> &[u8] {
        self.source.buffer()
    }

    /// Returns the encoding of the file.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Skips empty lines up to the next row and returns its line, or `None` at the end of the file.
    pub fn start_row(&mut self) -> io::Result<Option<u64>> {
        while !self.is_cut && self.fill()? {
            match self.source.buffer().first() {
                Some(&byte @ (b'\n' | b'\r')) => self.count_line_break(byte),
                _ => {
                    (self.row_line, self.row_length) = (self.line, 0);
                    return Ok(Some(self.line));
                }
            }
            self.source.consume(1);
        }
        Ok(None)
    }

    /// Counts a line break if the last byte read ends one.
    fn count_line_break(&mut self, last: u8) {
        self.line += u64::from(last == b'\r' || last == b'\n' && !self.is_after_return);
        self.is_after_return = last == b'\r';
    }

    /// Returns whether the file ended before a line break ended the current row.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Fills the buffer if it is empty. Returns false at the end of the file.
    fn fill(&mut self) -> io::Result<bool> {
        loop {
            match self.source.fill_buf() {
                Ok(bytes) => return Ok(!bytes.is_empty()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Ends the last row if it has no line break. Fails if the parser reads on: then it is inside quotation marks.
    fn cut(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if std::mem::replace(&mut self.is_cut, true) {
            Err(io::Error::other(CsvError::OpenQuotation(self.row_line)))
        } else {
            b"\n".as_slice().read(buffer)
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
        self.is_after_return &= length == 1;
        self.count_line_break(buffer[..length].last().copied().unwrap_or_default());
        self.row_length += length;
        if self.row_length > LONGEST_ROW {
            Err(io::Error::other(CsvError::TooLong(self.row_line)))
        } else {
            Ok(length)
        }
    }
}
