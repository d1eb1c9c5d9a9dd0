//! The bytes of a file on their way to the CSV parser, which learns of each row's bytes when it is that row's turn.

use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};

use super::encoding::{Decoder, Encoding};

/// The longest row, in bytes. A longer one is most likely a quotation mark that was left open.
const LONGEST_ROW: usize = 1 << 20;

/// How much of a file is looked at before its first row is read, in bytes.
const START: u64 = 1 << 16;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What makes the rest of a file unreadable.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The bytes do not arrive.
    #[error("{0}")]
    Source(#[from] io::Error),
    /// Of the row on this line.
    #[error(
        "the row on line {0} is not UTF-8; save the file as UTF-8, in Excel as \"CSV UTF-8\", in LibreOffice as text \
             CSV with the character set \"Unicode (UTF-8)\""
    )]
    NotUtf8(u64),
    /// Of the whole file.
    #[error("it is UTF-16 without a byte-order mark; save it as UTF-8, in Excel as \"CSV UTF-8\"")]
    NoMark,
    /// Of the whole file.
    #[error(
        "it is a spreadsheet and no CSV; save it as UTF-8 CSV, in Excel as \"CSV UTF-8\", in LibreOffice as text CSV \
             with the character set \"Unicode (UTF-8)\""
    )]
    Spreadsheet,
    /// Of the whole file.
    #[error("it is compressed; unpack it first")]
    Compressed,
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
    source: BufReader<Prefixed<Decoder<Prefixed<R>>>>,
    encoding: Encoding,
    /// The line of the next byte, counted from 1.
    line: u64,
    /// The line that the row in turn starts on.
    row_line: u64,
    /// How many bytes of that row were read.
    row_length: usize,
    /// Whether the byte in front was a carriage return, which makes one line break with a line feed.
    is_after_return: bool,
    is_cut: bool,
}

/// A reader of which the start was read.
type Prefixed<R> = Chain<Cursor<Vec<u8>>, R>;

/// Reads up to `length` bytes, and leaves them in front of the rest.
fn peek<R: Read>(mut source: R, length: u64) -> io::Result<(Vec<u8>, R)> {
    let mut start = Vec::new();
    source.by_ref().take(length).read_to_end(&mut start)?;
    Ok((start, source))
}

/// Fails with what a file is that starts like this, where it is no text.
fn require_text(start: &[u8]) -> Result<(), CsvError> {
    let zeros = start.iter().take(64).filter(|&&byte| byte == 0).count();
    match start {
        // ZIP, which newer spreadsheets are, and the older ones of Excel.
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => Err(CsvError::Spreadsheet),
        [0x1f, 0x8b, ..] => Err(CsvError::Compressed),
        _ if Encoding::of(start).0 == Encoding::Utf8 && zeros * 3 > start.len().min(64) => {
            Err(CsvError::NoMark)
        }
        _ => Ok(()),
    }
}

impl<R: Read> Lines<R> {
    /// Starts to read; a byte-order mark is skipped. Fails where the file is no text.
    pub fn new(source: R) -> Result<Self, CsvError> {
        let (mut start, source) = peek(source, START)?;
        require_text(&start)?;
        let (encoding, mark) = Encoding::of(&start);
        start.drain(..mark);
        // In UTF-8 a mark can follow empty lines, and a parser takes one that arrives alone for the end of the file.
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

    /// Returns the start of the next row, and what follows it.
    pub fn start(&self) -> &[u8] {
        self.source.buffer()
    }

    /// Returns the encoding of the file.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// Goes to the first byte of the next row, over empty lines, and returns its line; `None` at the end of the file.
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

    /// Takes notice of the last byte that was read.
    fn count_line_break(&mut self, last: u8) {
        self.line += u64::from(last == b'\r' || last == b'\n' && !self.is_after_return);
        self.is_after_return = last == b'\r';
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
        self.is_after_return &= length == 1;
        self.count_line_break(buffer[..length].last().copied().unwrap_or_default());
        self.row_length += length;
        match self.row_length > LONGEST_ROW {
            true => Err(io::Error::other(CsvError::TooLong(self.row_line))),
            false => Ok(length),
        }
    }
}
