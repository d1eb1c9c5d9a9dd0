//! Folds texts to words without accents, case and punctuation.
//!
//! PostgreSQL's own parser depends on the server's locale, so a search would find other movies on another server. This
//! one uses the Unicode tables of the executable.

use std::{borrow::Cow, iter};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The longest word, in characters. Longer words are cut.
const MAX_WORD: usize = 64;

/// The separators in a chain: an apostrophe ("don't"), or any other mark ("face/off").
const APOSTROPHE: char = '\'';
const HYPHEN: char = '-';

/// A folded text: chains, separated by blanks.
#[derive(Debug, PartialEq)]
pub struct Folded(String);

/// One word, or several words that are joined by marks such as hyphens.
#[derive(Clone, Copy)]
pub struct Chain<'a>(&'a str);

impl Folded {
    /// Folds a text, up to some `max` bytes of folded text. One character can become eighteen.
    pub fn new(text: &str, max: usize) -> Self {
        let mut folded = Folding::new(text.len().min(max));
        if text.is_ascii() {
            folded.extend(text.chars().map(|c| c.to_ascii_lowercase()), max)
        } else {
            let letters = text.chars().map(apostrophe).flat_map(apart).nfkd().filter(|&c| !is_dropped(c));
            // Lower case can add marks.
            let letters = letters.flat_map(char::to_lowercase).nfkd().filter(|&c| !is_dropped(c));
            folded.extend(letters.flat_map(plain).nfc(), max);
        }
        Self(folded.text)
    }

    /// Returns the chains in order.
    pub fn chains(&self) -> impl DoubleEndedIterator<Item = Chain<'_>> {
        self.0.split(' ').filter(|chain| !chain.is_empty()).map(Chain)
    }

    /// Returns whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.chains().next().is_none()
    }
}

impl<'a> Chain<'a> {
    /// Returns the words, without the s of a genitive.
    pub fn parts(self) -> impl Iterator<Item = &'a str> {
        self.owner().unwrap_or(self.0).split([APOSTROPHE, HYPHEN]).map(shortened)
    }

    /// Returns the s of a genitive.
    pub fn genitive(self) -> Option<&'static str> {
        self.owner().map(|_| "s")
    }

    fn owner(self) -> Option<&'a str> {
        self.0.strip_suffix("'s").filter(|owner| !owner.is_empty())
    }

    /// Returns the words as a single one, if there are several.
    pub fn glued(self) -> Option<String> {
        let is_mark = |c| matches!(c, APOSTROPHE | HYPHEN);
        let letters = self.0.chars().filter(|&c| !is_mark(c)).take(MAX_WORD);
        self.0.contains(is_mark).then(|| letters.collect())
    }

    /// Appends the words to a key, separated by blanks. Apostrophes do not separate words there.
    pub fn add_to_key(self, key: &mut String) {
        if !key.is_empty() {
            key.push(' ');
        }
        let letters = self.0.chars().filter(|&c| c != APOSTROPHE);
        key.extend(letters.map(|c| if c == HYPHEN { ' ' } else { c }));
    }
}

/// Returns the English stem, which a word shares with its other endings.
pub fn stem(word: &str) -> Cow<'_, str> {
    Stemmer::create(Algorithm::English).stem(word)
}

fn shortened(word: &str) -> &str {
    word.char_indices().nth(MAX_WORD).map_or(word, |(end, _)| &word[..end])
}

/// Builds a folded text.
struct Folding {
    text: String,
    /// A mark after a letter. It joins the letter to the next one.
    mark: Option<char>,
}

impl Folding {
    fn new(capacity: usize) -> Self {
        Self { text: String::with_capacity(capacity), mark: None }
    }

    fn extend(&mut self, letters: impl Iterator<Item = char>, max: usize) {
        for c in letters {
            if self.text.len() >= max {
                break;
            }
            match c {
                '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '′' | '`' => self.join(APOSTROPHE),
                '-' | '‐' | '‑' | '/' | '.' | ',' | '&' | '*' | '·' | '・' | '_' => self.join(HYPHEN),
                // Chinese and Japanese have no blanks between words.
                '\u{3040}'..='\u{30ff}'
                | '\u{3400}'..='\u{9fff}'
                | '\u{f900}'..='\u{faff}'
                | '\u{20000}'..='\u{3ffff}' => {
                    self.separate();
                    self.text.push(c);
                    self.separate();
                }
                _ if c.is_alphanumeric() || is_mark(c) => {
                    self.text.extend(self.mark.take());
                    self.text.push(c);
                }
                _ => self.separate(),
            }
        }
    }

    fn join(&mut self, mark: char) {
        if self.mark.is_some() || self.text.is_empty() || self.text.ends_with(' ') {
            self.separate()
        } else {
            self.mark = Some(mark)
        }
    }

    fn separate(&mut self) {
        self.mark = None;
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }
}

/// Returns the apostrophe for marks that stand for one: Unicode decomposes the acute accent (´) to a blank.
fn apostrophe(c: char) -> char {
    if matches!(c, '´' | '‛') { APOSTROPHE } else { c }
}

/// Separates fractions and superscripts from other digits: 8½ is not 81/2.
fn apart(c: char) -> impl Iterator<Item = char> {
    let blank = (!c.is_ascii() && c.general_category() == GeneralCategory::OtherNumber).then_some(' ');
    blank.into_iter().chain(iter::once(c)).chain(blank)
}

fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Returns whether `c` is an accent or invisible. Other marks, such as Devanagari vowels, belong to their words.
fn is_dropped(c: char) -> bool {
    match c {
        '\0'..='\u{7f}' => false,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{5bf}'..='\u{5c7}' => true,
        '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}' | '\u{6d6}'..='\u{6ed}' => true,
        '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' => true,
        '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{e0100}'..='\u{e01ef}' => true,
        '\u{200b}' => false,
        _ => c.general_category() == GeneralCategory::Format,
    }
}

/// Returns the base letters of a letter that Unicode does not decompose.
fn plain(c: char) -> impl Iterator<Item = char> {
    let letters = match c {
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ø' => "o",
        'ł' => "l",
        'đ' | 'ð' => "d",
        'ħ' => "h",
        'ı' => "i",
        'ŧ' => "t",
        'ŋ' => "n",
        'ĸ' => "k",
        'ς' => "σ",
        _ => "",
    };
    letters.is_empty().then_some(c).into_iter().chain(letters.chars())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Folded, stem};

    const MAX: usize = 10_000;

    fn folded(text: &str) -> String {
        Folded::new(text, MAX).0.trim_end().to_owned()
    }

    #[test]
    fn accents_case_and_punctuation_do_not_count() {
        for (text, expected) in [
            ("Amélie", "amelie"),
            ("AMÉLIE", "amelie"),
            ("Ame\u{301}lie!", "amelie"),
            ("Star Wars: Episode VI - Return of the Jedi", "star wars episode vi return of the jedi"),
            ("Face/Off", "face-off"),
            ("Father’s", "father's"),
            ("Father´s d‛Or", "father's d'or"),
            ("plumbers—and", "plumbers and"),
            ("“quoted”", "quoted"),
            ("-- 'x' --", "x"),
            ("a--b", "a b"),
            ("WALL·E", "wall-e"),
            ("M*A*S*H", "m-a-s-h"),
            ("8½", "8 1 2"),
            ("Alien³", "alien 3"),
            ("Straße, STRASSE", "strasse strasse"),
            ("Søren Łódź æon ıI İi", "soren lodz aeon ii ii"),
            ("ＦＵＬＬ ﬁlm", "full film"),
            ("千と千尋", "千 と 千 尋"),
            ("ガ ｶﾞ", "ガ ガ"),
            ("Ёлка Θέατρος", "елка θεατροσ"),
            ("हिन्दी", "हिन्दी"),
            ("한국", "한국"),
            ("soft\u{ad}hyphen zero\u{200b}width", "softhyphen zero width"),
            ("🎬 ♥ ??? …", ""),
            ("", ""),
        ] {
            assert_eq!(folded(text), expected, "{text}");
        }
    }

    #[test]
    fn chain_is_found_by_its_parts_and_glued() {
        for (text, parts, glued, key) in [
            ("heat", &["heat"][..], None, "heat"),
            ("Face/Off", &["face", "off"], Some("faceoff"), "face off"),
            ("Father's", &["father"], Some("fathers"), "fathers"),
            ("don't", &["don", "t"], Some("dont"), "dont"),
            ("U.S.A.", &["u", "s", "a"], Some("usa"), "u s a"),
        ] {
            let folded = Folded::new(text, MAX);
            let chain = folded.chains().next().expect(text);
            let mut found = String::new();
            chain.add_to_key(&mut found);
            assert_eq!(chain.parts().collect::<Vec<_>>(), parts);
            assert_eq!((chain.glued().as_deref(), &*found), (glued, key));
        }
    }

    #[test]
    fn expansion_ends_at_the_limit() {
        let text = "\u{fdfa}".repeat(100_000);
        assert!(Folded::new(&text, MAX).0.len() <= MAX + 4);
        let long = Folded::new(&"x".repeat(MAX), MAX);
        assert_eq!(long.chains().next().and_then(|chain| chain.parts().next()).map(str::len), Some(64));
    }

    #[test]
    fn english_endings_have_one_stem() {
        for (word, expected) in [("running", "run"), ("killers", "killer"), ("it", "it"), ("amelie", "ameli")]
        {
            assert_eq!(stem(word), expected);
        }
    }

    proptest! {
        #[test]
        fn folded_text_stays_as_it_is(text in "\\PC{0,40}|\\p{any}{0,40}|[A-Za-zß-ſ'’./ -]{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }

        #[test]
        fn words_have_letters_and_digits_only(text in "\\p{any}{0,60}") {
            let folded = Folded::new(&text, MAX);
            for chain in folded.chains() {
                for word in chain.parts() {
                    prop_assert!(!word.is_empty());
                    prop_assert!(!word.contains(['\'', '\\', ' ', '=', '\0']), "{}", word);
                }
            }
        }
    }
}
