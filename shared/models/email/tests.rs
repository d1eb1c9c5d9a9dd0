//! Which addresses are accepted, in which form, and why others are rejected.

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

use super::*;
use crate::{
    models::accounts::ActivationResend,
    validation::{EchoedInput, testing::faults},
};

/// A line of `tests/contract/email_addresses.jsonl`: an input with its normal form, or with the reason why it
/// is invalid. `…` at the end of a reason stands for any ending, and null for any reason.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    input: String,
    accepted: Option<String>,
    reason: Option<String>,
}

impl Case {
    fn is_met(&self) -> bool {
        let answer = faults::<ActivationResend>("body", json!({ "email": self.input }));
        match (&self.accepted, self.input.parse::<EmailAddress>()) {
            (Some(normal), Ok(address)) => address.as_str() == normal && answer == json!([]),
            (None, Err(reason)) => self.allows(&reason) && answer == self.fault(&reason),
            _ => false,
        }
    }

    fn allows(&self, reason: &str) -> bool {
        match self.reason.as_deref().map(|expected| (expected, expected.strip_suffix('…'))) {
            None => true,
            Some((_, Some(start))) => reason.starts_with(start),
            Some((expected, None)) => reason == expected,
        }
    }

    /// Returns the fault that echoes the input and gives `reason`.
    fn fault(&self, reason: &str) -> Value {
        json!([{
            "type": "value_error",
            "loc": ["body", "email"],
            "msg": format!("value is not a valid email address: {reason}"),
            "input": EchoedInput::of(&self.input.as_str().into()),
            "ctx": { "reason": reason },
        }])
    }
}

#[test]
fn email_addresses_match_contract_cases() {
    let lines = include_str!("../../../tests/contract/email_addresses.jsonl").lines();
    let cases = lines.map(|line| serde_json::from_str(line).expect("a line is a case"));
    let failed: Vec<String> = cases
        .filter(|case: &Case| !case.is_met())
        .map(|Case { input, .. }| format!("{input:?}: {:?}", read(&input)))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn non_string_value_fails_with_string_type() {
    for sent in [json!(null), json!(1), json!(true), json!({"a": 1}), json!(["a@b.example"])] {
        let answer = faults::<ActivationResend>("body", json!({ "email": sent }));
        assert_eq!((&answer[0]["type"], &answer[0]["input"]), (&json!("string_type"), &sent));
    }
}

#[test]
fn email_parts_are_utf8_and_punycode() {
    for (text, local_part, domain) in [
        ("O’Brien@example.com", "o’brien", "example.com"),
        ("ผู้ใช้@BÜCHER.example", "ผู้ใช้", "xn--bcher-kva.example"),
        ("reader@xn--bcher-kva.example", "reader", "xn--bcher-kva.example"),
        ("a@b@example.com", "", ""),
    ] {
        let Ok(address) = text.parse::<EmailAddress>() else {
            assert_eq!(local_part, "", "{text}");
            continue;
        };
        assert_eq!((address.local_part(), address.ascii_domain().as_str()), (local_part, domain));
    }
}

proptest! {
    #[test]
    fn email_ignores_surrounding_whitespace_and_ascii_case(
        text in "[a-zA-Z.+-]{1,9}@[a-zA-Z-]{1,9}\\.[a-zA-Z]{2,4}",
        blanks in "[ \t\r\n\u{a0}]{0,3}",
    ) {
        let expected = read(&text);
        for spelling in [text.to_ascii_uppercase(), text.to_ascii_lowercase(), format!("{blanks}{text}{blanks}")] {
            prop_assert_eq!(read(&spelling), expected.clone(), "{}", spelling);
        }
    }

    #[test]
    fn arbitrary_email_text_never_panics(text in "\\PC{0,80}", local_part in "\\PC{1,20}", domain in "\\PC{1,20}") {
        let _ = (text.parse::<EmailAddress>(), format!("{local_part}@{domain}.example").parse::<EmailAddress>());
    }

    /// A stored address can be parsed again, fits an envelope, and cannot end a line or a path of SMTP.
    #[test]
    fn accepted_address_fits_smtp_envelope(
        text in r"\PC{0,12}[\p{L}\p{N}'’.!#+-]{1,12}@[\p{L}\p{N}-]{1,12}\.[\p{L}]{2,6}"
    ) {
        if let Ok(address) = text.parse::<EmailAddress>() {
            let again: EmailAddress = address.as_str().parse().expect("a normal form is an address");
            prop_assert_eq!(again.as_str(), address.as_str());
            let (local_part, domain) = (address.local_part(), address.ascii_domain());
            prop_assert!(domain.is_ascii() && local_part.len() + 1 + domain.len() <= MAX_LENGTH);
            let unfit = |c: char| c.is_control() || c.is_whitespace() || "<>()[]\\,;:\"@".contains(c);
            prop_assert!(!local_part.contains(unfit) && !domain.contains(unfit));
        }
    }
}
