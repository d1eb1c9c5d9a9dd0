//! Amounts of money, parsed from decimal text to cents without binary fractions.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use validator::ValidateRange;

use crate::{
    json::Json,
    validation::{Fault, Field, NumericText, finite, number_text},
};

/// An amount of money in hundredths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(transparent, inline)]
pub struct Money(#[schemars(with = "NumericText")] i64);

impl Money {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// The maximum of `numeric(15, 2)`: 9999999999999.99.
    pub const MAX: Self = Self(999_999_999_999_999);

    /// Stands for any amount above [`Self::MAX`].
    const TOO_MUCH: Self = Self(i64::MAX);

    /// Stands for any amount below zero.
    const NEGATIVE: Self = Self(-1);

    /// Returns the amount in hundredths.
    pub const fn hundredths(self) -> i64 {
        self.0
    }

    /// Returns the nearest double, equal to PostgreSQL's conversion of its `numeric`.
    pub fn to_f64(self) -> f64 {
        // Both operands are exact doubles, and a division rounds once.
        self.0 as f64 / 100.0
    }
}

/// Parsed like a number. Digits beyond the hundredths are rounded half up. An amount that is out of range
/// before rounding is so afterwards.
impl Field for Money {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        let number = finite(value)?;
        let text = match value {
            Json::String(text) => number_text(text),
            Json::Number(text) => Cow::from(&**text),
            _ => Cow::default(),
        };
        Ok(match hundredths(&text) {
            Some(hundredths) => Self(hundredths),
            // The exponent is below the range of the parser.
            None if number == 0.0 => Self::ZERO,
            None if number < 0.0 => Self::NEGATIVE,
            // A double may be too coarse to compare with the maximum.
            None => Self::TOO_MUCH,
        })
    }
}

impl ValidateRange<Self> for Money {
    fn greater_than(&self, max: Self) -> Option<bool> {
        Some(*self > max)
    }

    fn less_than(&self, min: Self) -> Option<bool> {
        Some(*self < min)
    }
}

impl ValidateRange<Money> for Option<Money> {
    fn greater_than(&self, max: Money) -> Option<bool> {
        self.map(|amount| amount > max)
    }

    fn less_than(&self, min: Money) -> Option<bool> {
        self.map(|amount| amount < min)
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.to_f64())
    }
}

/// The bounds in the schema.
impl From<Money> for Value {
    fn from(amount: Money) -> Self {
        amount.to_f64().into()
    }
}

/// Parses a decimal number (sign, digits, fraction, exponent) as hundredths, rounded half up. Returns `None`
/// if it is malformed, negative, or more than 9999999999999.99.
fn hundredths(text: &str) -> Option<i64> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let unsigned = mantissa.strip_prefix(['+', '-']).unwrap_or(mantissa);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let mut digits = Vec::with_capacity(unsigned.len());
    digits.extend(whole.bytes().chain(fraction.bytes()));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let leading_zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
    let digits = &digits[leading_zeros..];
    if digits.is_empty() {
        return Some(0);
    }
    if mantissa.starts_with('-') {
        return None;
    }
    // How many of the digits are kept, including the hundredths.
    let kept = whole.len() as i64 - leading_zeros as i64 + i64::from(exponent) + 2;
    if kept > 15 {
        return None;
    }
    let digit = |place: i64| {
        let digit = usize::try_from(place).ok().and_then(|place| digits.get(place));
        digit.map_or(0, |digit| i64::from(digit - b'0'))
    };
    let amount = (0..kept).fold(0, |amount, place| amount * 10 + digit(place));
    const MAX: i64 = Money::MAX.hundredths();
    let beyond =
        usize::try_from(kept).map_or(true, |kept| digits.iter().skip(kept).any(|&digit| digit != b'0'));
    match amount {
        MAX if beyond => None,
        _ => Some(amount + i64::from(digit(kept) >= 5)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MOST: i64 = Money::MAX.hundredths();

    #[test]
    fn decimal_amount_rounds_half_up() {
        for (text, expected) in [
            ("0", 0),
            ("-0.00", 0),
            ("+1", 100),
            ("7.", 700),
            (".5", 50),
            ("0007.10", 710),
            ("1.5e1", 1500),
            ("1E-1", 10),
            ("1e-400", 0),
            ("0e400", 0),
            ("1.005", 101),
            ("2.675", 268),
            ("0.005", 1),
            ("0.00499999999999999999999999", 0),
            ("1234567.894", 123_456_789),
            ("99999999999.9949e2", 999_999_999_999_949),
            ("9999999999999.989", MOST),
            ("9999999999999.99", MOST),
            ("9999999999999.990000", MOST),
        ] {
            assert_eq!(hundredths(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn amount_out_of_range_or_malformed_is_rejected() {
        for text in ["-0.001", "-1", "9999999999999.9900000001", "9999999999999.995", "1e13", "1e400"] {
            assert_eq!(hundredths(text), None, "{text}");
        }
        for text in [
            "", ".", "-", "+-1", "--1", "e5", "1e", "1e+", "1e1.5", "1.2.3", "1,5", "1_0", "0x1", " 1",
            "nan", "inf", "١",
        ] {
            assert_eq!(hundredths(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn amount_parses_with_any_exponent(
            amount in 0..=MOST,
            sign in "[+]?",
            zeros in "0{0,20}",
            places in 0_usize..20,
        ) {
            let digits = format!("{zeros}{amount}");
            let places = places.min(digits.len());
            let (whole, fraction) = digits.split_at(digits.len() - places);
            let exponent = places as i32 - 2;
            prop_assert_eq!(hundredths(&format!("{sign}{whole}.{fraction}{zeros}e{exponent}")), Some(amount));
        }

        #[test]
        fn third_decimal_digit_decides_rounding(amount in 0..MOST, beyond in "[0-9]{1,30}") {
            let text = format!("{}.{:02}{beyond}", amount / 100, amount % 100);
            prop_assert_eq!(hundredths(&text), Some(amount + i64::from(beyond.as_bytes()[0] >= b'5')));
        }

        #[test]
        fn arbitrary_amount_text_stays_in_range(text in "[-+]?[0-9.]{0,40}([eE][-+]?[0-9]{0,11})?", other: String) {
            for amount in [hundredths(&text), hundredths(&other)].into_iter().flatten() {
                prop_assert!((0..=MOST).contains(&amount));
            }
        }
    }

    proptest! {
        #[test]
        fn amount_converts_to_nearest_double(hundredths in 0..=Money::MAX.0) {
            let decimal = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            prop_assert_eq!(Ok(Money(hundredths).to_f64()), decimal.parse());
        }
    }
}
