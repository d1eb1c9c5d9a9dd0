//! Amounts of money, from decimal text to hundredths without a detour through binary fractions.

/// The most that `numeric(15, 2)` holds.
pub const MOST: f64 = 9_999_999_999_999.99;

const MOST_HUNDREDTHS: i64 = 999_999_999_999_999;

/// The amount in dollars: the double that is nearest to it, as where the database makes one of its `numeric`.
pub fn dollars(hundredths: i64) -> f64 {
    // Both are exact doubles, and a division rounds once.
    hundredths as f64 / 100.0
}

/// Reads a decimal number (sign, digits, fraction, exponent) as hundredths, rounded half up; `None` when it
/// is no number, negative, or more than 9999999999999.99.
pub fn hundredths(text: &str) -> Option<i64> {
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
    // How many of the digits stand before the hundredths' point.
    let kept = whole.len() as i64 - leading_zeros as i64 + i64::from(exponent) + 2;
    if kept > 15 {
        return None;
    }
    let digit = |place: i64| {
        let digit = usize::try_from(place).ok().and_then(|place| digits.get(place));
        digit.map_or(0, |digit| i64::from(digit - b'0'))
    };
    let amount = (0..kept).fold(0, |amount, place| amount * 10 + digit(place));
    let beyond =
        usize::try_from(kept).map_or(true, |kept| digits.iter().skip(kept).any(|&digit| digit != b'0'));
    match amount {
        MOST_HUNDREDTHS if beyond => None,
        _ => Some(amount + i64::from(digit(kept) >= 5)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn dollars_are_the_nearest_double(amount in 0..=MOST_HUNDREDTHS) {
            let decimal = format!("{}.{:02}", amount / 100, amount % 100);
            prop_assert_eq!(Ok(dollars(amount)), decimal.parse());
        }
    }
}
