//! Encodes rows in PostgreSQL's binary COPY format (PostgreSQL manual, "COPY", and the types' `recv` functions).

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

/// The object identifier of PostgreSQL's type `text`.
const TEXT: i32 = 25;

/// The first day of PostgreSQL's type `date`, which counts days.
const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("2000-01-01 is a date");

/// Encoded rows, to be sent.
pub struct Buffer(Vec<u8>);

impl Buffer {
    /// Returns a buffer that starts with the header of the format.
    pub fn new() -> Self {
        let mut bytes = b"PGCOPY\n\xff\r\n\0".to_vec();
        bytes.extend([0; 8]);
        Self(bytes)
    }

    /// Returns the number of bytes in the buffer.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the bytes and leaves the buffer empty.
    pub fn take(&mut self) -> Vec<u8> {
        let capacity = self.0.capacity();
        std::mem::replace(&mut self.0, Vec::with_capacity(capacity))
    }

    /// Starts a row of `columns` values.
    pub fn row(&mut self, columns: i16) {
        self.0.extend(columns.to_be_bytes());
    }

    /// Writes the trailer of the format.
    pub fn end(&mut self) {
        self.row(-1);
    }

    pub fn integer(&mut self, value: i64) {
        self.value(&value.to_be_bytes());
    }

    pub fn double(&mut self, value: f64) {
        self.value(&value.to_be_bytes());
    }

    pub fn date(&mut self, value: NaiveDate) {
        self.value(&(value.to_epoch_days() - EPOCH.to_epoch_days()).to_be_bytes());
    }

    pub fn boolean(&mut self, value: bool) {
        self.value(&[u8::from(value)]);
    }

    pub fn timestamp(&mut self, value: DateTime<Utc>) {
        let epoch = EPOCH.and_time(NaiveTime::MIN).and_utc();
        self.value(&(value.timestamp_micros() - epoch.timestamp_micros()).to_be_bytes());
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.value(value);
    }

    /// Writes a value with `write`, or null.
    pub fn optional<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.number(-1),
        }
    }

    /// Writes a text, or a label of an enum.
    pub fn text(&mut self, value: &str) {
        self.value(value.as_bytes());
    }

    /// Writes a one-dimensional array of texts.
    pub fn texts<'a>(&mut self, values: impl ExactSizeIterator<Item = &'a str>) {
        let start = self.0.len();
        let count = values.len() as i32;
        self.number(0);
        self.number(i32::from(count > 0));
        self.number(0);
        self.number(TEXT);
        if count > 0 {
            self.number(count);
            self.number(1);
        }
        for value in values {
            self.text(value);
        }
        self.set_length(start);
    }

    /// Writes a `tsvector` of words, each with its positions.
    pub fn words<'a>(&mut self, words: impl Iterator<Item = (&'a str, impl Iterator<Item = u16>)>) {
        let start = self.0.len();
        self.number(0);
        self.number(0);
        let mut count = 0_i32;
        for (word, places) in words {
            count += 1;
            self.0.extend_from_slice(word.as_bytes());
            self.0.push(0);
            let at = self.0.len();
            self.0.extend([0; 2]);
            places.for_each(|place| self.0.extend(place.to_be_bytes()));
            let places = (self.0.len() - at - 2) / 2;
            self.0[at..at + 2].copy_from_slice(&(places as u16).to_be_bytes());
        }
        self.0[start + 4..start + 8].copy_from_slice(&count.to_be_bytes());
        self.set_length(start);
    }

    /// Sets the length of the value at `start` to what follows it.
    fn set_length(&mut self, start: usize) {
        let length = (self.0.len() - start - 4) as i32;
        self.0[start..start + 4].copy_from_slice(&length.to_be_bytes());
    }

    fn value(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as i32);
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, value: i32) {
        self.0.extend(value.to_be_bytes());
    }
}
