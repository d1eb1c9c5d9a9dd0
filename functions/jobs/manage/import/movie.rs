//! A movie as a row tells it, judged: one that exists fits the schema.

use std::collections::HashSet;

use chrono::{Datelike, NaiveDate};
use shared::{
    json::Json,
    models::{Money, movies::Status},
    validation::Field,
};

/// The longest name, in characters.
const MAX_NAME: usize = 255;

use super::{
    header::{Column, Header},
    rows::Row,
};

/// A movie, its country and its lists by name.
pub struct Movie<'a> {
    pub line: u64,
    pub name: &'a str,
    pub date: NaiveDate,
    pub score: f64,
    pub overview: &'a str,
    pub status: &'a str,
    /// In hundredths.
    pub budget: i64,
    pub revenue: f64,
    /// In upper case.
    pub country: String,
    pub genres: Vec<&'a str>,
    pub actors: Vec<&'a str>,
    pub languages: Vec<&'a str>,
}

/// Why a row is no movie.
pub struct Rejection {
    pub line: u64,
    /// `None`: the row as a whole.
    pub field: Option<&'static str>,
    pub reason: String,
}

impl<'a> Movie<'a> {
    /// Judges `row`; `last_year` is the latest year that a movie may have.
    pub fn judge(row: &Row<'a>, header: &Header, last_year: i32) -> Result<Self, Rejection> {
        if row.columns != Header::COLUMNS {
            let reason = format!("has {} columns in place of {}", row.columns, Header::COLUMNS);
            return Err(Rejection { line: row.line, field: None, reason });
        }
        let read = Reading { row, header };
        Ok(Self {
            line: row.line,
            name: read.value(Column::Name, name)?,
            date: read.value(Column::Date, |text| date(text, last_year))?,
            score: read.value(Column::Score, score)?,
            genres: read.value(Column::Genres, list)?,
            overview: read.value(Column::Overview, Ok)?,
            actors: read.value(Column::Actors, list)?,
            status: read.value(Column::Status, status)?,
            languages: read.value(Column::Languages, list)?,
            budget: read.value(Column::Budget, budget)?,
            revenue: read.value(Column::Revenue, revenue)?,
            country: read.value(Column::Country, country)?,
        })
    }
}

struct Reading<'r, 'a> {
    row: &'r Row<'a>,
    header: &'r Header,
}

impl<'a> Reading<'_, 'a> {
    fn value<T>(
        &self,
        column: Column,
        judge: impl FnOnce(&'a str) -> Result<T, String>,
    ) -> Result<T, Rejection> {
        let text = self.header.value(self.row, column);
        let judged = match text.contains('\0') {
            true => Err("contains a NUL character".into()),
            false => judge(text),
        };
        judged.map_err(|reason| Rejection { line: self.row.line, field: Some(column.name()), reason })
    }
}

fn name(text: &str) -> Result<&str, String> {
    match text.chars().nth(MAX_NAME) {
        _ if text.is_empty() => Err(MISSING.into()),
        Some(_) => Err(format!("is longer than {MAX_NAME} characters")),
        None => Ok(text),
    }
}

/// Items between commas, in their order; empty ones and repetitions are dropped.
fn list(text: &str) -> Result<Vec<&str>, String> {
    let mut seen = HashSet::new();
    let items = text.split(',').map(str::trim).filter(|item| !item.is_empty() && seen.insert(*item));
    items.map(name).collect::<Result<_, _>>().map_err(|reason| format!("has an item that {reason}"))
}

/// `MM/DD/YYYY` or `YYYY-MM-DD`.
fn date(text: &str, last_year: i32) -> Result<NaiveDate, String> {
    if text.is_empty() {
        return Err(MISSING.into());
    }
    let parts = match text.as_bytes() {
        [_, _, b'/', _, _, b'/', _, _, _, _] => Some((&text[6..], &text[..2], &text[3..5])),
        [_, _, _, _, b'-', _, _, b'-', _, _] => Some((&text[..4], &text[5..7], &text[8..])),
        _ => None,
    };
    let date = parts
        .and_then(|(year, month, day)| NaiveDate::from_ymd_opt(digits(year)?, digits(month)?, digits(day)?));
    match date {
        None => Err(format!("{} is no date written MM/DD/YYYY or YYYY-MM-DD", quoted(text))),
        Some(date) if date.year() < 1 => Err("the year 0 does not exist".into()),
        Some(date) if date.year() > last_year => Err(format!("its year is later than {last_year}")),
        Some(date) => Ok(date),
    }
}

fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn score(text: &str) -> Result<f64, String> {
    match text.parse() {
        _ if text.is_empty() => Err(MISSING.into()),
        // Adding zero makes a positive zero of a negative one.
        Ok(score) if (0.0..=100.0).contains(&score) => Ok(score + 0.0),
        _ => Err(format!("{} is no number from 0 to 100", quoted(text))),
    }
}

fn status(text: &str) -> Result<&str, String> {
    match Status::parse(text) {
        _ if text.is_empty() => Err(MISSING.into()),
        Some(status) => Ok(status.name()),
        None => Err(format!("{} is none of {}", quoted(text), Status::NAMES.join(", "))),
    }
}

/// An amount that nobody wrote down is 0, as one that nobody knows.
fn budget(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    Money::read(&Json::from(text))
        .ok()
        .map(|money| money.hundredths())
        .filter(|amount| (0..=Money::MAX.hundredths()).contains(amount))
        .ok_or_else(|| format!("{} is no number from 0 to 9999999999999.99", quoted(text)))
}

fn revenue(text: &str) -> Result<f64, String> {
    if text.is_empty() {
        return Ok(0.0);
    }
    match text.parse() {
        Ok(revenue) if (0.0..f64::INFINITY).contains(&revenue) => Ok(revenue + 0.0),
        _ => Err(format!("{} is no number from 0 up", quoted(text))),
    }
}

fn country(text: &str) -> Result<String, String> {
    match text.len() {
        0 => Err(MISSING.into()),
        2 | 3 if text.bytes().all(|byte| byte.is_ascii_alphabetic()) => Ok(text.to_ascii_uppercase()),
        _ => Err(format!("{} is no code of 2 or 3 letters", quoted(text))),
    }
}

const MISSING: &str = "is missing";

/// A value as it may stand in a reason: in quotation marks, and not all of a long one.
fn quoted(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{:?}…", &text[..end]),
        None => format!("{text:?}"),
    }
}
