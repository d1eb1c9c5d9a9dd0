//! Timestamps in responses.

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Serialize, Serializer, ser::Error};

/// Serializes a time in UTC, always with six fraction digits: `2026-11-22T19:13:54.500000Z`
/// ([RFC 3339, section 5.6](https://www.rfc-editor.org/rfc/rfc3339#section-5.6)). For serde's
/// `serialize_with`.
///
/// Fails for years without four digits.
pub fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    if !(0..=9999).contains(&time.year()) {
        return Err(S::Error::custom("RFC 3339 has only years of four digits"));
    }
    time.to_rfc3339_opts(SecondsFormat::Micros, true).serialize(serializer)
}

/// Serializes a time as [`serialize`] does, and none as null.
pub fn serialize_optional<S: Serializer>(
    time: &Option<DateTime<Utc>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serialize(time, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeZone, Utc};

    fn written(time: DateTime<Utc>) -> Option<String> {
        super::serialize(&time, serde_json::value::Serializer).ok()?.as_str().map(str::to_owned)
    }

    #[test]
    fn timestamp_has_six_fraction_digits() {
        let cases = [
            ("2026-11-22T19:13:54Z", "2026-11-22T19:13:54.000000Z"),
            ("2026-11-22T19:13:54.5Z", "2026-11-22T19:13:54.500000Z"),
            ("2026-11-22T19:13:54.513526Z", "2026-11-22T19:13:54.513526Z"),
            ("0987-01-02T03:04:05.000001Z", "0987-01-02T03:04:05.000001Z"),
            ("2026-11-23T00:13:54.5+05:00", "2026-11-22T19:13:54.500000Z"),
        ];
        for (time, text) in cases {
            assert_eq!(written(time.parse().unwrap()).as_deref(), Some(text));
        }
        assert_eq!(written(Utc.with_ymd_and_hms(-1, 1, 1, 0, 0, 0).unwrap()), None);
    }
}
