//! Text fields, in NFC whatever normal form the client sends.

use schemars::JsonSchema;
use serde::Serialize;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};
use validator::ValidateLength;

use super::{Fault, Field, string};
use crate::json::Json;

/// Returns whether Python's `str.strip` removes `c`: Unicode's white space and four ASCII controls.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1C}'..='\u{1F}')
}

/// Returns `text` in NFC, the normal form in which texts are stored and counted.
pub fn nfc(text: &str) -> String {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

/// A text that PostgreSQL can store: without NUL, in NFC.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Text(#[schemars(regex(pattern = r"^[^\x00]*$"))] String);

impl Text {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl ValidateLength<u64> for Text {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

impl Field for Text {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        without_nul(string(value)?).map(|text| Self(nfc(text)))
    }
}

/// A text without NUL and without surrounding whitespace, in NFC. Its length counts characters.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Trimmed(
    // A pattern cannot trim, so this one requires one character that is not white space.
    #[schemars(regex(pattern = r"^[^\x00]*[^\s\x00\x1c-\x1f\x85][^\x00]*$"))] String,
);

impl Trimmed {
    /// Returns the trimmed text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the trimmed text.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl Field for Trimmed {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        without_nul(string(value)?).map(|text| Self(nfc(text.trim_matches(is_blank))))
    }
}

impl ValidateLength<u64> for Trimmed {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// A text to search for, without NUL and without surrounding whitespace. Its normal form stays, so that a text is not too
/// long in another form than the client's.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct SearchText(Trimmed);

impl SearchText {
    /// Returns the trimmed text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Field for SearchText {
    fn read(value: &Json<'_>) -> Result<Self, Vec<Fault>> {
        searchable(string(value)?).map(|text| Self(Trimmed(text.trim_matches(is_blank).to_owned())))
    }
}

impl ValidateLength<u64> for SearchText {
    fn length(&self) -> Option<u64> {
        self.0.length()
    }
}

/// Returns the text if the database can search for it. Fails if it contains NUL, with a fault whose input is null.
pub fn searchable(text: &str) -> Result<&str, Vec<Fault>> {
    let unusable = |fault: Fault| fault.of_input(&Json::Null);
    without_nul(text).map_err(|faults| faults.into_iter().map(unusable).collect())
}

fn without_nul(text: &str) -> Result<&str, Vec<Fault>> {
    if text.contains('\0') {
        Err(vec![Fault::value_error("NUL characters are not allowed.")])
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::validation::testing::{field_fault, read_field};

    /// All characters that Python's `str.strip` removes.
    const BLANKS: &str = "[\t-\r\u{1c}-\u{20}\u{85}\u{a0}\u{1680}\u{2000}-\u{200a}\
                          \u{2028}\u{2029}\u{202f}\u{205f}\u{3000}]{0,4}";

    #[test]
    fn nul_fails_with_value_error() {
        for text in ["\0", "a\0b", " \0 ", "a\0"] {
            let fault = json!(Fault::value_error("NUL characters are not allowed."));
            assert_eq!(fault["msg"], "Value error, NUL characters are not allowed.");
            assert_eq!(field_fault::<Text>(json!(text)), fault, "{text:?}");
            assert_eq!(field_fault::<Trimmed>(json!(text)), fault, "{text:?}");
        }
    }

    #[test]
    fn nul_in_a_search_is_not_repeated() {
        let fault = Fault::value_error("NUL characters are not allowed.").of_input(&Json::Null);
        assert_eq!(read_field::<SearchText>(json!("a\0")).err(), Some(json!([fault])));
    }

    #[test]
    fn non_string_value_fails_with_string_type() {
        for sent in [json!(null), json!(true), json!(5), json!([]), json!({"a": "b"})] {
            let fault = json!(Fault::new("string_type", "Input should be a valid string"));
            assert_eq!(field_fault::<Text>(&sent), fault, "{sent}");
            assert_eq!(field_fault::<Trimmed>(&sent), fault, "{sent}");
        }
    }

    #[test]
    fn trimmed_text_may_be_empty_and_length_is_in_characters() {
        for (text, length) in
            [("", 0), ("  ", 0), ("\u{a0}\u{2003}\u{1f}", 0), (" é ", 1), ("e\u{301}", 1), ("\u{958}", 2)]
        {
            let trimmed: Trimmed = read_field(json!(text)).expect("it is a text");
            assert_eq!(trimmed.length(), Some(length), "{text:?}");
        }
    }

    #[test]
    fn text_becomes_nfc() {
        for (text, stored) in [
            ("Amélie", "Amélie"),
            ("Ame\u{301}lie", "Amélie"),
            ("\u{1100}\u{1161}", "가"),
            ("Ω\u{2126}", "ΩΩ"),
            ("ﬁ", "ﬁ"),
        ] {
            let read: Text = read_field(json!(text)).expect("it is a text");
            assert_eq!(read.as_str(), stored);
            let read: Trimmed = read_field(json!(format!(" {text} "))).expect("it is a text");
            assert_eq!(read.as_str(), stored);
        }
    }

    proptest! {
        #[test]
        fn trimmed_text_drops_surrounding_whitespace(
            before in BLANKS,
            text in "[^\\s\\x00\\x1c-\\x1f]([^\\x00]{0,9}[!-~])?",
            after in BLANKS,
        ) {
            let sent = format!("{before}{text}{after}");
            let trimmed = Trimmed::read(&sent.as_str().into()).map(Trimmed::into_string);
            prop_assert_eq!(trimmed.ok(), Some(nfc(&text)));
            let kept = Text::read(&sent.as_str().into()).map(Text::into_string);
            prop_assert_eq!(kept.ok(), Some(nfc(&sent)));
        }

        #[test]
        fn invisible_characters_are_not_trimmed(mark in "[\u{180e}\u{200b}-\u{200d}\u{2060}\u{feff}\u{1b}\u{7f}]") {
            let trimmed = Trimmed::read(&mark.as_str().into()).map(Trimmed::into_string);
            prop_assert_eq!(trimmed.ok(), Some(mark));
        }
    }
}
