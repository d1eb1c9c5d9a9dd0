//! Dates in responses.

use chrono::{Datelike, NaiveDate};
use serde::{Serialize, Serializer, ser::Error};

/// Serializes a date as `2026-11-22`, as chrono does. For serde's `serialize_with`.
///
/// Hands the whole text over, because chrono writes each character on its own, which takes more instructions than all
/// other fields of a movie in a list.
pub fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    let digit = |number: u32| b'0' + (number % 10) as u8;
    let (month, day) = (date.month(), date.day());
    let Ok(year @ 0..=9999) = u32::try_from(date.year()) else { return date.serialize(serializer) };
    let [thousands, hundreds, tens, ones] = [1000, 100, 10, 1].map(|place| digit(year / place));
    let text = [
        thousands,
        hundreds,
        tens,
        ones,
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ];
    str::from_utf8(&text).map_err(S::Error::custom).and_then(|text| serializer.serialize_str(text))
}

#[cfg(test)]
mod tests {
    use serde_json::value;

    use super::*;

    #[test]
    fn date_serializes_as_chrono_does() {
        for (year, month, day) in [
            (2001, 4, 25),
            (1995, 12, 15),
            (987, 1, 2),
            (0, 2, 29),
            (9999, 12, 31),
            (10_000, 1, 1),
            (-1, 1, 1),
        ] {
            let date = NaiveDate::from_ymd_opt(year, month, day).unwrap();
            let (own, chrono) = (serialize(&date, value::Serializer), date.serialize(value::Serializer));
            assert_eq!(own.unwrap(), chrono.unwrap());
        }
    }
}
