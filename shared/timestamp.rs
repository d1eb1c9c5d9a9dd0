//! Points in time, as clients read them.

use serde::{Serialize, Serializer, ser::Error};
use time::{OffsetDateTime, UtcOffset, macros::format_description};

/// Writes a time in UTC with six digits of its second, always: `2026-11-22T19:13:54.500000Z`
/// ([RFC 3339, section 5.6](https://www.rfc-editor.org/rfc/rfc3339#section-5.6)). For `serde`'s `serialize_with`.
///
/// Fails for years that have no four digits.
pub fn serialize<S: Serializer>(time: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:6]Z");
    let time = time.to_offset(UtcOffset::UTC);
    if !(0..=9999).contains(&time.year()) {
        return Err(S::Error::custom("RFC 3339 has years of four digits alone"));
    }
    time.format(format).map_err(S::Error::custom)?.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use time::{OffsetDateTime, macros::datetime};

    fn written(time: OffsetDateTime) -> Option<String> {
        super::serialize(&time, serde_json::value::Serializer).ok()?.as_str().map(str::to_owned)
    }

    #[test]
    fn time_has_six_digits_of_its_second() {
        let cases = [
            (datetime!(2026-11-22 19:13:54 UTC), "2026-11-22T19:13:54.000000Z"),
            (datetime!(2026-11-22 19:13:54.5 UTC), "2026-11-22T19:13:54.500000Z"),
            (datetime!(2026-11-22 19:13:54.513526 UTC), "2026-11-22T19:13:54.513526Z"),
            (datetime!(0987-01-02 03:04:05.000001 UTC), "0987-01-02T03:04:05.000001Z"),
            (datetime!(2026-11-23 00:13:54.5 +5), "2026-11-22T19:13:54.500000Z"),
        ];
        for (time, text) in cases {
            assert_eq!(written(time).as_deref(), Some(text));
        }
        assert_eq!(written(datetime!(-1-01-01 0:00 UTC)), None);
    }
}
