//! Reads a source and encodes its valid rows for PostgreSQL, on a thread that may block.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use shared::{JobError, models::movies::NewMovie, movies::search::Document};
use tokio::sync::mpsc::Sender;

use super::{
    copy::Buffer,
    header::Header,
    movie::{self, Rejection},
    rows::Rows,
    source::Source,
};

/// The size of a chunk, in bytes.
const CHUNK_SIZE: usize = 1 << 16;

const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// How many rejected rows the report describes; it only counts the rest.
const MAX_REJECTIONS: usize = 100;

/// The report of a file.
#[derive(Default)]
pub struct ReadReport {
    pub rows: u64,
    pub rejected: u64,
    /// The first rejected rows.
    pub rejections: Vec<Rejection>,
}

/// Reads all of `source` from `reader` and sends its valid rows to `chunks`, in the columns of the staging table.
///
/// Fails if the file as a whole is invalid. Returns early, without an error, if the receiver is closed.
pub fn read(source: &Source, reader: impl Read, chunks: &Sender<Vec<u8>>) -> Result<ReadReport, JobError> {
    let unreadable = |problem: &dyn std::fmt::Display| source.unreadable(problem);
    let mut rows = Rows::new(reader).map_err(|error| unreadable(&error))?;
    let header =
        rows.next().map_err(|error| unreadable(&error))?.ok_or_else(|| unreadable(&"it is empty"))?;
    let header = Header::read(&header).map_err(|problem| unreadable(&problem))?;

    let mut report = ReadReport::default();
    let mut buffer = Buffer::new();
    let mut reported = Instant::now();
    while let Some(row) = rows.next().map_err(|error| unreadable(&error))? {
        if !row.ended && row.columns() < Header::COLUMNS {
            return Err(unreadable(&format_args!("it ends in the middle of the row on line {}", row.line)));
        }
        report.rows += 1;
        match movie::read(&row, &header) {
            Ok(movie) => write(&mut buffer, row.line as i64, &movie),
            Err(rejection) => {
                report.rejected += 1;
                if report.rejections.len() < MAX_REJECTIONS {
                    report.rejections.push(rejection);
                }
            }
        }
        if buffer.len() >= CHUNK_SIZE && chunks.blocking_send(buffer.take()).is_err() {
            return Ok(report);
        }
        if reported.elapsed() >= PROGRESS_EVERY {
            reported = Instant::now();
            tracing::info!(rows = report.rows, rejected = report.rejected, "reading");
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
    buffer.text(&document.words);
    buffer.texts(document.name_words.iter().map(String::as_str));
}
