//! From a source to rows that PostgreSQL can take, on a thread that may block.

use std::{
    io::Read,
    time::{Duration, Instant},
};

use shared::{JobError, models::movies::NewMovie};
use tokio::sync::mpsc::Sender;

use super::{
    copy::Buffer,
    header::Header,
    movie::{self, Rejection},
    rows::Rows,
    source::Source,
};

/// How much is handed over at once, in bytes.
const CHUNK_SIZE: usize = 1 << 16;

const PROGRESS_EVERY: Duration = Duration::from_secs(5);

/// How many rejected rows are described; the rest are counted.
const MAX_REJECTIONS: usize = 100;

/// What was read.
#[derive(Default)]
pub struct ReadReport {
    pub rows: u64,
    pub rejected: u64,
    /// The first ones.
    pub rejections: Vec<Rejection>,
}

/// Reads all of `source` from `reader` and sends the good rows on, in the columns of the staging table.
///
/// Fails when the file as a whole is wrong. Ends early, without an error, when nobody takes the rows.
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
            Ok(movie) => write(&mut buffer, row.line, &movie),
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
    // Where nobody listens any more, whoever stopped listening says why.
    let _ = chunks.blocking_send(buffer.take());
    Ok(report)
}

fn write(buffer: &mut Buffer, line: u64, movie: &NewMovie) {
    buffer.row(12);
    buffer.integer(line as i64);
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
}
