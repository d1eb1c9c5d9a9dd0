//! Reads a source and encodes its valid rows for PostgreSQL, on a thread that may block.

use std::{
    cell::Cell,
    io::{self, Read},
    rc::Rc,
    time::{Duration, Instant},
};

use serde_json::{Map, Value, json};
use shared::{JobError, models::movies::NewMovie, movies::search::Document};
use tokio::sync::mpsc::Sender;

use super::{
    copy::Buffer,
    header::{Column, Header},
    lists::ListForm,
    movie::{self, Format, Rejection},
    rows::{KeptRow, Row, Rows},
    source::Source,
};

/// The size of a chunk, in bytes.
const CHUNK_SIZE: usize = 1 << 16;

const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// How many rejected rows the report describes; it only counts the rest.
const MAX_REJECTIONS: usize = 100;

/// How many rows decide about the form of each list column, and their greatest size in bytes.
const SAMPLE: (usize, usize) = (200, 1 << 20);

/// The report of a file.
#[derive(Default)]
pub struct ReadReport {
    /// The format of the file.
    pub format: Value,
    pub rows: u64,
    pub rejected: u64,
    /// The first rejected rows.
    pub rejections: Vec<Rejection>,
}

/// Reads all of `source` from `reader` and sends its valid rows to `chunks`, in the columns of the staging table. Skips
/// rows whose values are all blank. `size` is the number of bytes, if it is known.
///
/// Fails if the file as a whole is invalid. Returns early, without an error, if the receiver is closed.
pub fn read(
    source: &Source,
    reader: impl Read,
    size: Option<u64>,
    chunks: &Sender<Vec<u8>>,
) -> Result<ReadReport, JobError> {
    let unreadable = |problem: &dyn std::fmt::Display| source.unreadable(problem);
    let position = Rc::new(Cell::new(0));
    let mut rows = Rows::new(Counted(reader, position.clone())).map_err(|error| unreadable(&error))?;
    let header =
        rows.next().map_err(|error| unreadable(&error))?.ok_or_else(|| unreadable(&"it is empty"))?;
    let header = Header::read(&header).map_err(|problem| unreadable(&problem))?;

    let (mut sample, mut length) = (Vec::<KeptRow>::new(), 0);
    while sample.len() < SAMPLE.0 && length < SAMPLE.1 {
        let Some(row) = rows.next().map_err(|error| unreadable(&error))? else { break };
        length += row.len();
        sample.push(row.keep());
    }
    let cells = |column| sample.iter().map(|row| header.value(&row.row(), column)).collect::<Vec<_>>();
    let lists = Column::LISTS.map(|column| ListForm::of(cells(column).into_iter()));
    let format = Format { header, lists };
    let mut report = ReadReport {
        format: described(&format, rows.encoding().name(), rows.delimiter()),
        ..Default::default()
    };
    tracing::info!(format = %report.format, "reading");

    let mut buffer = Buffer::new();
    let mut reported = Instant::now();
    let mut sampled = sample.iter();
    loop {
        let row = match sampled.next() {
            Some(kept) => kept.row(),
            None => match rows.next().map_err(|error| unreadable(&error))? {
                Some(row) => row,
                None => break,
            },
        };
        if row.is_blank() {
            continue;
        }
        if !row.ended && row.columns() < format.header.columns() {
            return Err(unreadable(&format_args!("it ends in the middle of the row on line {}", row.line)));
        }
        report.add(&row, &format, &mut buffer);
        if buffer.len() >= CHUNK_SIZE && chunks.blocking_send(buffer.take()).is_err() {
            return Ok(report);
        }
        if reported.elapsed() >= PROGRESS_EVERY {
            reported = Instant::now();
            let percent = size.map(|size| position.get() * 100 / size.max(1));
            tracing::info!(rows = report.rows, rejected = report.rejected, percent, "reading");
            if chunks.is_closed() {
                return Ok(report);
            }
        }
    }
    buffer.end();
    // The receiver closes only after an error, and reports it.
    let _ = chunks.blocking_send(buffer.take());
    Ok(report)
}

impl ReadReport {
    fn add(&mut self, row: &Row, format: &Format, buffer: &mut Buffer) {
        self.rows += 1;
        match movie::read(row, format) {
            Ok(movie) => write(buffer, row.line as i64, &movie),
            Err(rejection) => {
                self.rejected += 1;
                if self.rejections.len() < MAX_REJECTIONS {
                    self.rejections.push(rejection);
                }
            }
        }
    }
}

/// Describes the format of a file for the report.
fn described(format: &Format, encoding: &str, delimiter: char) -> Value {
    let name = |column| format.header.name(column).map(Value::from);
    let columns: Map<_, _> = Column::ALL
        .iter()
        .filter_map(|(column, seed_name, _)| Some(((*seed_name).to_owned(), name(*column)?)))
        .collect();
    let lists: Map<_, _> = Column::LISTS
        .iter()
        .zip(format.lists)
        .filter_map(|(column, form)| Some((format.header.name(*column)?.to_owned(), form.name().into())))
        .collect();
    json!({
        "encoding": encoding,
        "delimiter": delimiter,
        "columns": columns,
        "ignored": format.header.ignored().collect::<Vec<_>>(),
        "lists": lists,
    })
}

/// A reader that counts the bytes it has read.
struct Counted<R>(R, Rc<Cell<u64>>);

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1.set(self.1.get() + length as u64);
        Ok(length)
    }
}

/// Writes the row of a movie, in the columns of the table `staged`.
pub fn write(buffer: &mut Buffer, line: i64, movie: &NewMovie) {
    let document = Document::new(movie.name.as_str(), movie.overview.as_str());
    buffer.row(15);
    buffer.integer(line);
    buffer.text(movie.name.as_str());
    buffer.date(movie.date);
    buffer.double(movie.score);
    buffer.text(movie.overview.as_str());
    buffer.text(movie.status.name());
    buffer.integer(movie.budget.hundredths());
    buffer.double(movie.revenue);
    buffer.text(movie.country.as_str());
    buffer.texts(movie.genres.as_sent());
    buffer.texts(movie.actors.as_sent());
    buffer.texts(movie.languages.as_sent());
    buffer.text(&document.key);
    buffer.words(document.lexemes());
    buffer.texts(document.name_words.iter().map(String::as_str));
}
