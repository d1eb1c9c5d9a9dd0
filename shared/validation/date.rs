//! Dates: `YYYY-MM-DD`, or a datetime at midnight (RFC 3339 with optional seconds and offset), as Pydantic reads them.

use chrono::{Datelike, NaiveDate};
use serde_json::json;

use super::{Fault, Field};
use crate::json::Json;

impl Field for NaiveDate {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let text =
            value.as_str().ok_or_else(|| vec![Fault::new("date_type", "Input should be a valid date")])?;
        parse(text).map_err(|error| vec![error.fault()])
    }
}

/// How many digits of a second's fraction count. The others are cut off.
const PRECISION: usize = 6;

enum DateError {
    Unreadable(&'static str),
    YearZero,
    NotMidnight,
}

impl DateError {
    fn fault(self) -> Fault {
        match self {
            Self::Unreadable(reason) => Fault::new(
                "date_from_datetime_parsing",
                format!("Input should be a valid date or datetime, {reason}"),
            )
            .with_context(json!({ "error": reason })),
            Self::YearZero => Fault::new(
                "date_parsing",
                "Input should be a valid date in the format YYYY-MM-DD, year 0 is out of range",
            )
            .with_context(json!({ "error": "year 0 is out of range" })),
            Self::NotMidnight => Fault::new(
                "date_from_datetime_inexact",
                "Datetimes provided to dates should have zero time - e.g. be exact dates",
            ),
        }
    }
}

fn parse(text: &str) -> Result<NaiveDate, DateError> {
    if text.chars().nth(9).is_none() {
        return Err(DateError::Unreadable("input is too short"));
    }
    let mut rest = text.as_bytes();
    let year = digits(&mut rest, 4).ok_or(DateError::Unreadable("invalid character in year"))?;
    take(&mut rest, b"-").ok_or(DateError::Unreadable("invalid date separator, expected `-`"))?;
    let month = digits(&mut rest, 2).ok_or(DateError::Unreadable("invalid character in month"))?;
    take(&mut rest, b"-").ok_or(DateError::Unreadable("invalid date separator, expected `-`"))?;
    let day = digits(&mut rest, 2).ok_or(DateError::Unreadable("invalid character in day"))?;

    if !(1..=12).contains(&month) {
        return Err(DateError::Unreadable("month value is outside expected range of 1-12"));
    }
    let date = NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
        .ok_or(DateError::Unreadable("day value is outside expected range"))?;
    if !rest.is_empty() && !is_midnight(rest)? {
        return Err(DateError::NotMidnight);
    }
    match date.year() {
        0 => Err(DateError::YearZero),
        _ => Ok(date),
    }
}

/// Returns whether the time of a datetime (everything after the date) is midnight, at any offset.
fn is_midnight(mut rest: &[u8]) -> Result<bool, DateError> {
    take(&mut rest, b"Tt _")
        .ok_or(DateError::Unreadable("invalid datetime separator, expected `T`, `t`, `_` or space"))?;
    let (hour, minute) = clock(&mut rest).ok_or(DateError::Unreadable("invalid time"))?;
    let mut is_zero = hour == 0 && minute == 0;
    if take(&mut rest, b":").is_some() {
        let second = digits(&mut rest, 2).filter(|&second| second < 60);
        is_zero &= second.ok_or(DateError::Unreadable("invalid second"))? == 0;
        if take(&mut rest, b".,").is_some() {
            let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return Err(DateError::Unreadable("second fraction digits are missing"));
            }
            is_zero &= rest[..length.min(PRECISION)].iter().all(|&digit| digit == b'0');
            rest = &rest[length..];
        }
    }
    if take(&mut rest, b"Zz").is_none() && sign(&mut rest).is_some() {
        offset(&mut rest).ok_or(DateError::Unreadable("invalid timezone offset"))?;
    }
    if rest.is_empty() {
        Ok(is_zero)
    } else {
        Err(DateError::Unreadable("unexpected extra characters at the end of the input"))
    }
}

/// Reads `HH:MM`.
fn clock(rest: &mut &[u8]) -> Option<(u16, u16)> {
    let hour = digits(rest, 2).filter(|&hour| hour < 24)?;
    take(rest, b":")?;
    let minute = digits(rest, 2).filter(|&minute| minute < 60)?;
    Some((hour, minute))
}

/// Reads the sign of an offset: `+`, `-` or U+2212.
fn sign(rest: &mut &[u8]) -> Option<()> {
    match rest.strip_prefix("\u{2212}".as_bytes()) {
        Some(others) => {
            *rest = others;
            Some(())
        }
        None => take(rest, b"+-"),
    }
}

/// Reads `HH:MM` or `HHMM`.
fn offset(rest: &mut &[u8]) -> Option<()> {
    digits(rest, 2).filter(|&hours| hours < 24)?;
    take(rest, b":");
    digits(rest, 2).filter(|&minutes| minutes < 60).map(|_| ())
}

/// Reads the next byte if it is one of `any`.
fn take(rest: &mut &[u8], any: &[u8]) -> Option<()> {
    let (first, others) = rest.split_first()?;
    any.contains(first).then(|| *rest = others)
}

fn digits(rest: &mut &[u8], count: usize) -> Option<u16> {
    let (number, others) = rest.split_at_checked(count)?;
    let number = number
        .iter()
        .try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u16::from(byte - b'0')))?;
    *rest = others;
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::validation::testing::field_fault;

    fn date(text: &str) -> Option<String> {
        parse(text).ok().map(|date| date.to_string())
    }

    #[test]
    fn date_accepts_days_and_midnight_times() {
        for text in [
            "2024-02-29",
            "2024-02-29T00:00",
            "2024-02-29t00:00:00",
            "2024-02-29 00:00:00.000000",
            "2024-02-29 00:00:00.000Z",
            "2024-02-29_00:00:00Z",
            "2024-02-29_00:00-1200",
            "2024-02-29T00:00:00,0z",
            "2024-02-29T00:00:00+05:30",
            "2024-02-29T00:00:00.0-1200",
            "2024-02-29T00:00:00.0000000000",
            "2024-02-29T00:00:00.0000009",
            "2024-02-29T00:00:00\u{2212}05:00",
        ] {
            assert_eq!(date(text).as_deref(), Some("2024-02-29"), "{text}");
        }
        for text in
            ["", "2024-2-29", "2023-02-29", "0000-01-01", "10000-01-01", "2024-02-29T00:01", "２０２４-02-29"]
        {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn malformed_date_fails_with_specific_reason() {
        let (year, separator) = ("invalid character in year", "invalid date separator, expected `-`");
        let month = "month value is outside expected range of 1-12";
        let day = "day value is outside expected range";
        for (text, reason) in [
            ("", "input is too short"),
            ("2024-2-3", "input is too short"),
            ("２０２４-1-1", "input is too short"),
            (" 2024-01-01", year),
            ("+024-01-01", year),
            ("２０２４-01-01", year),
            ("2024/01/01", separator),
            ("20240101T00:00", separator),
            ("1735689600", separator),
            ("10000-01-01", separator),
            ("2024-0a-01", "invalid character in month"),
            ("2024-01-0a", "invalid character in day"),
            ("2024-00-10", month),
            ("2025-13-01", month),
            ("0000-13-01", month),
            ("2025-01-00", day),
            ("2024-04-31", day),
            ("2023-02-29", day),
            ("2024-01-01x", "invalid datetime separator, expected `T`, `t`, `_` or space"),
            ("2024-01-01 ", "invalid time"),
            ("2024-01-01T", "invalid time"),
            ("2024-01-01T0000", "invalid time"),
            ("2024-01-01T24:00", "invalid time"),
            ("2024-01-01T00:60", "invalid time"),
            ("2024-01-01T00:00:60", "invalid second"),
            ("2024-01-01T00:00:00.", "second fraction digits are missing"),
            ("2024-01-01T00:00:00.Z", "second fraction digits are missing"),
            ("2024-01-01T00:00+24:00", "invalid timezone offset"),
            ("2024-01-01T00:00+1", "invalid timezone offset"),
            ("2024-01-01T00:00Zx", "unexpected extra characters at the end of the input"),
        ] {
            let message = format!("Input should be a valid date or datetime, {reason}");
            let fault = Fault::new("date_from_datetime_parsing", message);
            assert_eq!(
                field_fault::<NaiveDate>(json!(text)),
                json!(fault.with_context(json!({ "error": reason }))),
                "{text}"
            );
        }
    }

    #[test]
    fn year_zero_fails_with_date_parsing() {
        let reason = "year 0 is out of range";
        let message = format!("Input should be a valid date in the format YYYY-MM-DD, {reason}");
        let fault = Fault::new("date_parsing", message).with_context(json!({ "error": reason }));
        assert_eq!(field_fault::<NaiveDate>(json!("0000-01-01")), json!(fault));
    }

    #[test]
    fn time_after_midnight_fails_with_inexact_date() {
        let message = "Datetimes provided to dates should have zero time - e.g. be exact dates";
        for text in [
            "2024-01-01T00:00:00.000001",
            "2024-01-01T00:00:00.000001000000",
            "2024-01-01T00:00:01",
            "2024-01-01T12:00Z",
            "2024-01-01 00:01",
        ] {
            let fault = Fault::new("date_from_datetime_inexact", message);
            assert_eq!(field_fault::<NaiveDate>(json!(text)), json!(fault), "{text}");
        }
    }

    #[test]
    fn non_string_value_fails_with_date_type() {
        for sent in [json!(null), json!(true), json!(0), json!(20240101), json!([2025, 1, 1]), json!({})] {
            let fault = Fault::new("date_type", "Input should be a valid date");
            assert_eq!(field_fault::<NaiveDate>(&sent), json!(fault), "{sent}");
        }
    }

    proptest! {
        #[test]
        fn date_accepts_every_midnight_format(
            separator in "[Tt _]",
            seconds in "(:00([.,](0{1,6}|0{6}[0-9]{1,9}))?)?",
            offset in "(Z|z|[-+\u{2212}](0[0-9]|1[0-9]|2[0-3]):?[0-5][0-9])?",
        ) {
            let text = format!("2024-02-29{separator}00:00{seconds}{offset}");
            prop_assert_eq!(date(&text), Some("2024-02-29".to_owned()), "{}", text);
        }

        #[test]
        fn date_with_time_other_than_midnight_is_rejected(second in 1..86_400_u32, offset in "(Z|[-+]0[0-9]:?30)?") {
            let (hour, minute) = (second / 3600, second / 60 % 60);
            let text = format!("2024-02-29T{hour:02}:{minute:02}:{:02}{offset}", second % 60);
            prop_assert!(matches!(parse(&text), Err(DateError::NotMidnight)), "{}", text);
        }

        #[test]
        fn arbitrary_date_text_never_panics(text in "\\PC{0,40}", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt _]?[0-9:.,Zz+-]{0,20}") {
            let _ = (date(&text), date(&near));
        }

        #[test]
        fn every_date_round_trips(year in 1..=9999, ordinal in 1..=365u32) {
            let day = NaiveDate::from_yo_opt(year, ordinal).expect("a year has 365 days");
            let text = format!("{year:04}-{:02}-{:02}", day.month(), day.day());
            prop_assert_eq!(parse(&text).ok(), Some(day));
        }
    }
}
