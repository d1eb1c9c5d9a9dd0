//! Folding: what is left of a text when accents, case and punctuation do not count.
//!
//! PostgreSQL's own parser asks the server's locale what a letter is, so that a search would find other movies on another
//! server. This one asks Unicode's tables, which come with the executable.

use std::{borrow::Cow, iter};

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// The longest word, in characters. What a longer one has beyond that does not count.
const MAX_WORD: usize = 64;

/// Between the parts of a chain: an apostrophe, which no blank can replace ("don't"), or another mark ("face/off").
const APOSTROPHE: char = '\'';
const HYPHEN: char = '-';

/// A folded text: chains with blanks between them.
#[derive(Debug, PartialEq)]
pub struct Folded(String);

/// Words that only marks such as hyphens separate, or one word.
#[derive(Clone, Copy)]
pub struct Chain<'a>(&'a str);

impl Folded {
    /// Folds a text, at most as far as `max` bytes of folded text: one character can become eighteen.
    pub fn new(text: &str, max: usize) -> Self {
        let mut folded = Folding::new(text.len().min(max));
        match text.is_ascii() {
            true => folded.extend(text.chars().map(|c| c.to_ascii_lowercase()), max),
            false => {
                let letters = text.chars().flat_map(apart).nfkd().filter(|&c| !is_dropped(c));
                // Lower case can be a letter with a mark.
                let letters = letters.flat_map(char::to_lowercase).nfkd().filter(|&c| !is_dropped(c));
                folded.extend(letters.flat_map(plain).nfc(), max);
            }
        }
        Self(folded.text)
    }

    /// Returns the chains in their order.
    pub fn chains(&self) -> impl DoubleEndedIterator<Item = Chain<'_>> {
        self.0.split(' ').filter(|chain| !chain.is_empty()).map(Chain)
    }

    /// Returns whether it has no words.
    pub fn is_empty(&self) -> bool {
        self.chains().next().is_none()
    }
}

impl<'a> Chain<'a> {
    /// Returns its words. The s of a genitive is none.
    pub fn parts(self) -> impl Iterator<Item = &'a str> {
        self.owner().unwrap_or(self.0).split([APOSTROPHE, HYPHEN]).map(shortened)
    }

    /// Returns the s of a genitive, which many write apart or not at all.
    pub fn genitive(self) -> Option<&'static str> {
        self.owner().map(|_| "s")
    }

    fn owner(self) -> Option<&'a str> {
        self.0.strip_suffix("'s").filter(|owner| !owner.is_empty())
    }

    /// Returns its words written as one, where there are several.
    pub fn glued(self) -> Option<String> {
        let is_mark = |c| matches!(c, APOSTROPHE | HYPHEN);
        let letters = self.0.chars().filter(|&c| !is_mark(c)).take(MAX_WORD);
        self.0.contains(is_mark).then(|| letters.collect())
    }

    /// Adds the chain to a key: a text of words with blanks between them, in which apostrophes do not count.
    pub fn add_to_key(self, key: &mut String) {
        if !key.is_empty() {
            key.push(' ');
        }
        let letters = self.0.chars().filter(|&c| c != APOSTROPHE);
        key.extend(letters.map(|c| if c == HYPHEN { ' ' } else { c }));
    }
}

/// Returns what a word has in common with its other English endings.
pub fn stem(word: &str) -> Cow<'_, str> {
    Stemmer::create(Algorithm::English).stem(word)
}

fn shortened(word: &str) -> &str {
    word.char_indices().nth(MAX_WORD).map_or(word, |(end, _)| &word[..end])
}

/// A folded text while it is written.
struct Folding {
    text: String,
    /// A mark behind a letter, which joins it with a letter that follows at once.
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
                '\'' | '’' | '‘' | 'ʼ' | 'ʻ' | '′' | '`' | '´' => self.join(APOSTROPHE),
                '-' | '‐' | '‑' | '/' | '.' | ',' | '&' | '*' | '·' | '・' | '_' => self.join(HYPHEN),
                // These are written without blanks.
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
        match self.mark.is_some() || self.text.is_empty() || self.text.ends_with(' ') {
            true => self.separate(),
            false => self.mark = Some(mark),
        }
    }

    fn separate(&mut self) {
        self.mark = None;
        if !self.text.is_empty() && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }
}

/// Puts blanks around numbers that stand beside others: 8½ is not 81/2.
fn apart(c: char) -> impl Iterator<Item = char> {
    let blank = (!c.is_ascii() && c.general_category() == GeneralCategory::OtherNumber).then_some(' ');
    blank.into_iter().chain(iter::once(c)).chain(blank)
}

fn is_mark(c: char) -> bool {
    !c.is_ascii() && c.general_category_group() == GeneralCategoryGroup::Mark
}

/// Whether `c` is an accent or cannot be seen. The vowels of Indian scripts are marks too, and belong to their words.
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

/// Returns the letters of plain Latin that stand for one that Unicode does not take apart.
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
