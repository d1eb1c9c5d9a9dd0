//! Texts, numbers, addresses, dates and passwords that break services.

use serde_json::Value;

use super::dice::Dice;
use crate::support::accounts::PASSWORD;

/// Unusual numbers, and other JSON instead of them.
const NUMBERS: [&str; 38] = [
    "0",
    "-0",
    "-1",
    "1.0",
    "1.5",
    "0.1e1",
    "1e-400",
    "5e-324",
    "2.2250738585072014e-308",
    "-1e-7",
    "1e2",
    "100",
    "100.00000000000001",
    "101",
    "9999999999999.99",
    "9999999999999.995",
    "9999999999999.991",
    "10000000000000",
    "1e13",
    "2147483648",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "1e308",
    "1.7976931348623157e308",
    "1e309",
    "-1e309",
    "1e999999999",
    "1e-999999999",
    "1E+2",
    "NaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "01",
    "+1",
];

/// Almost valid JSON, instead of any value.
const RAW: [&str; 34] = [
    "",
    "null",
    "true",
    "false",
    "nul",
    "True",
    "undefined",
    "[]",
    "{}",
    "[[]]",
    "[{}]",
    "[null]",
    "{\"\":\"\"}",
    "\"",
    "\"\\\"",
    "'a'",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\u0000\"",
    "\"\\uD83D\\uDE00\"",
    "\"\\u12\"",
    "\"\\x41\"",
    "\"\u{1}\"",
    "\"\n\"",
    "\"\u{7f}\"",
    "[1,]",
    "{\"a\":1,}",
    "/* */1",
    "1//",
    "{\"a\"}",
    "{1:2}",
    "[1 2]",
    "\"\\u2028\"",
];

/// Arbitrary texts, before percent-encoding or quoting.
const TEXTS: [&str; 49] = [
    "",
    " ",
    "\t\n",
    "\0",
    "a\0b",
    "\u{1c}\u{1d}\u{85}",
    "\u{feff}",
    "\u{200b}",
    "\u{a0}",
    "\u{3000}",
    "null",
    "undefined",
    "true",
    "-1",
    "1e5",
    "'",
    "\"",
    "\\",
    "';--",
    "' OR 1=1--",
    "$1",
    "%s%n",
    "{}",
    "{{7*7}}",
    "${jndi:ldap://x}",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "\r\nX: y",
    "ß",
    "ŉ",
    "ﬁ",
    "İ",
    "ı",
    "ΐ",
    "ǆ",
    "ς",
    "o’brien",
    "é",
    "e\u{301}",
    "\u{fb2c}",
    "\u{1d160}",
    "\u{344}",
    "\u{202e}abc",
    "\u{1f469}\u{200d}\u{1f469}",
    "\u{fffe}",
    "\u{10ffff}",
    "\u{e000}",
    "ก็็็็",
    "Heat",
];

/// Addresses in addition to those of the contract.
const ADDRESSES: [&str; 26] = [
    "o’brien@example.com",
    "ผู้ใช้@example.com",
    "пользователь@пример.рф",
    "a@xn--.com",
    "a@xn--a.com",
    "a@bücher.example",
    "Ann <ann@example.com>",
    "<ann@example.com>",
    "\"a b\"@example.com",
    "a@[127.0.0.1]",
    "a@[IPv6:::1]",
    "a@b@example.com",
    "a@example.com,b@example.com",
    "a@example.com\r\nBcc: b@example.com",
    "a\0@example.com",
    "a@example.com\0",
    "a..b@example.com",
    ".a@example.com",
    "a@example..com",
    "a@-example.com",
    "a@example.com.",
    "a@localhost",
    "ﬁ@example.com",
    "A\u{30a}@example.com",
    "a@ex\u{ad}ample.com",
    "\u{1f4a9}@\u{1f4a9}.example",
];

/// Dates.
const DATES: [&str; 30] = [
    "1995-12-15",
    "0000-01-01",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-0001-01-01",
    "2023-02-29",
    "2024-02-30",
    "1995-13-01",
    "1995-00-10",
    "1995-12-00",
    "1995-1-1",
    "95-12-15",
    "1995/12/15",
    "15-12-1995",
    "19951215",
    "1995-W50-5",
    "1995-349",
    "1995-12-15T00:00:00",
    "1995-12-15T00:00:00Z",
    "1995-12-15T00:00:00+24:00",
    "1995-12-15T00:00:00.000001",
    "1995-12-15T24:00:00",
    "1995-12-15 00:00",
    "1995-12-15T23:59:60Z",
    "+1995-12-15",
    "１９９５-12-15",
    "819000000",
    "infinity",
    "1995-12-15\0",
];

/// Passwords that follow and break the rules.
const PASSWORDS: [&str; 12] = [
    PASSWORD,
    "WrongPassword123!",
    "short1!A",
    "NOLOWER123!",
    "noupper123!",
    "NoDigits!!",
    "NoSpecial123",
    "Pä55wörd!\u{301}",
    "Pass\0word123!",
    "Password123!\u{1f4a9}",
    " StrongPassword123! ",
    "Strong\u{fb03}Password123!",
];

/// Operators of searches, before, in and after words.
const OPERATORS: [&str; 24] = [
    "-", "--", "\"", "\"\"", "-\"", "or", "OR", "and", "not", "|", "&", "!", "!!", "(", ")", "<->", "<0>",
    ":*", ":A", "*", "\\", "'", "’", ":",
];

/// Words of searches.
const WORDS: [&str; 14] = [
    "movie",
    "heat",
    "a",
    "the",
    "1",
    "é",
    "e\u{301}",
    "it’s",
    "ok-ru",
    "a.b",
    "x@y.z",
    "http://a.b/c",
    "中文",
    "\u{200d}",
];

/// Returns JSON instead of a number.
pub fn number(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => "9".repeat(dice.within(1..=400)),
        1 => format!("0.{}1", "0".repeat(dice.within(1..=400))),
        2 => format!("1e{}", dice.below(700)),
        3 => format!("-{}.{}", dice.below(1000), "3".repeat(dice.within(1..=30))),
        _ => dice.pick(&NUMBERS).to_owned(),
    }
}

/// Returns almost valid JSON.
pub fn raw(dice: &mut Dice) -> String {
    dice.pick(&RAW).to_owned()
}

/// Returns any text.
pub fn any(dice: &mut Dice) -> String {
    match dice.below(8) {
        0 => dice.pick(&TEXTS).repeat(dice.within(2..=300)),
        1 => (0..dice.below(40)).map(|_| dice.character()).collect(),
        2 => format!("{}{}", dice.pick(&TEXTS), dice.pick(&TEXTS)),
        3 => "x".repeat(*dice.choose(&[127, 128, 254, 255, 256, 1000, 5000])),
        _ => dice.pick(&TEXTS).to_owned(),
    }
}

/// Returns an address.
pub fn address(dice: &mut Dice) -> String {
    match dice.below(6) {
        0 => dice.pick(&ADDRESSES).to_owned(),
        1 => contract_address(dice),
        2 => format!("{}@{}", any(dice), any(dice)),
        3 => format!("{}@example.com", any(dice)),
        4 => format!("a@{}.example", any(dice)),
        _ => {
            let (local, label) = (dice.within(60..=70), dice.within(60..=66));
            format!(
                "{}@{}.{}.example",
                "a".repeat(local),
                "b".repeat(label),
                "c".repeat(dice.within(1..=130))
            )
        }
    }
}

/// Returns an address from the cases of the contract.
fn contract_address(dice: &mut Dice) -> String {
    let cases: Vec<_> = include_str!("../contract/email_addresses.jsonl").lines().collect();
    let case: Value = serde_json::from_str(dice.pick(&cases)).expect("a case is JSON");
    case["input"].as_str().unwrap_or_default().to_owned()
}

/// Returns a date.
pub fn date(dice: &mut Dice) -> String {
    dice.pick(&DATES).to_owned()
}

/// Returns a password.
pub fn password(dice: &mut Dice) -> String {
    match dice.below(4) {
        0 => format!("{PASSWORD}{}", any(dice)),
        1 => PASSWORD.repeat(dice.within(2..=100)),
        _ => dice.pick(&PASSWORDS).to_owned(),
    }
}

/// Returns a search of up to about the maximum length.
pub fn search(dice: &mut Dice) -> String {
    let most = if dice.one_in(4) { 120 } else { 8 };
    let pieces = dice.within(1..=most);
    let uniform = dice.one_in(3).then(|| dice.pick(&OPERATORS));
    let mut text = String::new();
    for _ in 0..pieces {
        text += match dice.below(3) {
            0 if uniform.is_none() => dice.pick(&WORDS),
            _ => uniform.unwrap_or_else(|| dice.pick(&OPERATORS)),
        };
        text += if dice.one_in(2) { " " } else { "" };
    }
    text += if dice.one_in(2) { dice.pick(&WORDS) } else { "" };
    text
}

/// Returns a text for a field of this name.
pub fn of_field(name: &str, dice: &mut Dice) -> String {
    if dice.one_in(5) {
        return any(dice);
    }
    match name {
        "email" => address(dice),
        "password" => password(dice),
        "date" => date(dice),
        "q" => search(dice),
        _ if dice.one_in(3) => number(dice),
        _ => any(dice),
    }
}
