//! Title Case like Python's `str.title` (Unicode's full case mappings, without word segmentation).

use unicode_case_mapping::{to_lowercase, to_titlecase};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Returns `text` with an upper-case letter after every uncased character, and lower-case letters otherwise.
/// Takes linear time.
pub fn title_case(text: &str) -> String {
    let mut title = String::with_capacity(text.len());
    // The lower-case Σ differs at the end of a word. The standard library handles that.
    let small_text = if text.contains('Σ') { text.to_lowercase() } else { String::new() };
    let mut small_letters = small_text.chars();
    let mut after_cased = false;
    for c in text.chars() {
        let small = small_letters.nth(c.to_lowercase().len() - 1);
        match (after_cased, c) {
            (true, 'Σ') => title.push(small.unwrap_or('σ')),
            (true, c) => push(&mut title, c, &to_lowercase(c)),
            (false, c) => push(&mut title, c, &to_titlecase(c)),
        }
        after_cased = is_cased(c);
    }
    title
}

/// Appends what `c` maps to: code points, zero where unused. Appends `c` itself if it maps to nothing.
fn push(title: &mut String, c: char, mapping: &[u32]) {
    let mut mapped = mapping.iter().filter(|&&point| point != 0).filter_map(|&point| char::from_u32(point));
    title.push(mapped.next().unwrap_or(c));
    title.extend(mapped);
}

fn is_cased(c: char) -> bool {
    c.is_lowercase() || c.is_uppercase() || c.general_category() == GeneralCategory::TitlecaseLetter
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn title_case_equals_python_str_title() {
        for (text, expected) in [
            ("", ""),
            ("science fiction", "Science Fiction"),
            ("SCIENCE FICTION", "Science Fiction"),
            ("tV movie", "Tv Movie"),
            ("o'neill", "O'Neill"),
            ("don’t", "Don’T"),
            ("jean-luc godard", "Jean-Luc Godard"),
            ("3d animation", "3D Animation"),
            ("2nd unit", "2Nd Unit"),
            ("a.b.c", "A.B.C"),
            ("straße", "Straße"),
            ("ßeta", "Sseta"),
            ("ﬁlm noir", "Film Noir"),
            ("éCOLE", "École"),
            ("ǆungla Ǆ", "ǅungla ǅ"),
            ("ŉame", "ʼName"),
            ("ΟΔΟΣ ΣΑΣ", "Οδος Σας"),
            ("ὈΔΥΣΣΕΎΣ’", "Ὀδυσσεύς’"),
            ("ΣΑΣ.Α Σ", "Σασ.Α Σ"),
            ("ᾳδης", "ᾼδης"),
            ("İSTANBUL", "İstanbul"),
            ("aİb", "Ai̇b"),
            ("ქართული ᲥᲐᲠᲗᲣᲚᲘ", "ქართული Ქართული"),
            ("ⓐⓑ ⅳ", "Ⓐⓑ Ⅳ"),
            ("ꭰꮁ", "Ꭰꮁ"),
            ("𐐨𐐀", "𐐀𐐨"),
            ("日本語", "日本語"),
            ("ªbc  x", "ªbc  X"),
        ] {
            assert_eq!(title_case(text), expected, "{text}");
        }
    }

    #[test]
    fn title_case_of_long_text_takes_linear_time() {
        // An algorithm that scans the whole text for every sigma would take minutes.
        let text = "Σ".repeat(100_000);
        let title = title_case(&text);
        assert!(title.starts_with("Σσσ") && title.ends_with("σς"));
        assert_eq!(title.chars().count(), 100_000);
    }

    proptest! {
        #[test]
        fn ascii_letters_are_upper_case_only_at_word_start(text in "[ -~]{0,60}") {
            let title = title_case(&text);
            prop_assert!(title.eq_ignore_ascii_case(&text));
            let mut before = ' ';
            for c in title.chars() {
                prop_assert_eq!(c.is_ascii_uppercase(), c.is_ascii_alphabetic() && !before.is_ascii_alphabetic());
                before = c;
            }
        }

        #[test]
        fn title_case_ignores_ascii_case_of_input(text in any::<String>()) {
            prop_assert_eq!(title_case(&text.to_ascii_uppercase()), title_case(&text.to_ascii_lowercase()));
        }
    }
}
