//! Title Case as Python's `str.title` writes it (Unicode's full case mappings, without word breaks).

use unicode_case_mapping::{to_lowercase, to_titlecase};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// `text` with a capital after every character without case, and small letters otherwise.
pub fn title_case(text: &str) -> String {
    let mut title = String::with_capacity(text.len());
    let mut after_cased = false;
    for (at, c) in text.char_indices() {
        match (after_cased, c) {
            (true, 'Σ') => title.push(small_sigma(text, at)),
            (true, c) => push(&mut title, c, &to_lowercase(c)),
            (false, c) => push(&mut title, c, &to_titlecase(c)),
        }
        after_cased = is_cased(c);
    }
    title
}

/// `c`, or what it is mapped to: code points, with zeros for what is not used.
fn push(title: &mut String, c: char, mapping: &[u32]) {
    let mut mapped = mapping.iter().filter(|&&point| point != 0).filter_map(|&point| char::from_u32(point));
    title.push(mapped.next().unwrap_or(c));
    title.extend(mapped);
}

/// The small form of the Σ at byte `at`, which differs at the end of a word.
fn small_sigma(text: &str, at: usize) -> char {
    let before = text[..at].to_lowercase().len();
    text.to_lowercase()[before..].chars().next().unwrap_or('σ')
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || c.general_category() == GeneralCategory::TitlecaseLetter
}
