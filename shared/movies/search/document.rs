//! The search document of a movie.

use std::{borrow::Cow, fmt::Write};

use super::fold::{Folded, stem};

/// The longest key, in characters.
pub const MAX_KEY: usize = 255;

/// The searchable part of an overview, in characters.
const MAX_OVERVIEW: usize = 100_000;

/// The maximum size of a folded text in bytes. PostgreSQL stores at most 1 MiB of words and positions
/// ([manual, section 12.11](https://www.postgresql.org/docs/18/textsearch-limitations.html)).
const MAX_FOLDED: usize = 250_000;

/// The last position that PostgreSQL distinguishes, and the maximum number of positions of a word.
const LAST_PLACE: u16 = 16_382;
const MAX_PLACES: usize = 255;

/// The distance from the name to the overview, so that no phrase matches across both.
const GAP: u16 = 10;

/// The prefix of words of the name.
pub const NAME: char = '=';

/// The arguments of `index_movie`.
pub struct Document {
    /// The words of the name, separated by blanks.
    pub key: String,
    /// A `tsvector` as text, in PostgreSQL's order. It contains the words with their positions, their stems, the words of
    /// chains as single ones, and the words of the name after [`NAME`].
    pub words: String,
    /// The distinct words of the name with at least two letters, for corrections.
    pub name_words: Vec<String>,
}

impl Document {
    /// Returns the document of a movie.
    pub fn new(name: &str, overview: &str) -> Self {
        let name = Folded::new(name, MAX_FOLDED);
        let end = overview.char_indices().nth(MAX_OVERVIEW).map_or(overview.len(), |(end, _)| end);
        let overview = Folded::new(&overview[..end], MAX_FOLDED);
        let mut words = Words { entries: Vec::new(), place: 0 };
        words.add(&name, true);
        words.place += GAP;
        words.add(&overview, false);
        let mut names: Vec<_> = words.entries.iter().filter(|entry| entry.is_of_name).collect();
        names.sort_unstable_by(|one, other| one.word.cmp(&other.word));
        names.dedup_by(|one, other| one.word == other.word);
        let name_words = names.iter().map(|entry| &entry.word).filter(|word| word.chars().nth(1).is_some());
        Self {
            key: key(&name),
            name_words: name_words.map(ToString::to_string).collect(),
            words: words.into_text(),
        }
    }

    /// Returns each word of [`Self::words`] with its positions.
    pub fn lexemes(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = u16>)> {
        self.words.split_terminator(' ').filter_map(|lexeme| {
            let (word, places) = lexeme.strip_prefix('\'')?.split_once('\'')?;
            let places = places.strip_prefix(':').into_iter().flat_map(|places| places.split(','));
            Some((word, places.filter_map(|place| place.parse().ok())))
        })
    }
}

/// Returns the key of a name.
fn key(name: &Folded) -> String {
    let mut key = String::new();
    name.chains().for_each(|chain| chain.add_to_key(&mut key));
    shortened_key(key)
}

/// Cuts a key to its maximum length.
pub fn shortened_key(mut key: String) -> String {
    if let Some((end, _)) = key.char_indices().nth(MAX_KEY) {
        key.truncate(end);
    }
    key
}

/// A word at a position; 0 is none.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Entry<'a> {
    is_of_name: bool,
    word: Cow<'a, str>,
    place: u16,
}

struct Words<'a> {
    entries: Vec<Entry<'a>>,
    place: u16,
}

impl<'a> Words<'a> {
    fn add(&mut self, text: &'a Folded, is_name: bool) {
        for chain in text.chains() {
            for word in chain.parts() {
                self.place = self.place.saturating_add(1);
                self.add_word(word.into(), self.place(), is_name);
            }
            if let Some(s) = chain.genitive() {
                self.add_word(s.into(), 0, is_name);
            }
            if let Some(glued) = chain.glued() {
                // A genitive stands where its word does. Several words have no single place that phrases could use.
                let place = if chain.parts().nth(1).is_none() { self.place() } else { 0 };
                self.add_word(glued.into(), place, is_name);
            }
        }
    }

    /// Returns the place of the last word; 0 is none.
    fn place(&self) -> u16 {
        if self.place <= LAST_PLACE { self.place } else { 0 }
    }

    fn add_word(&mut self, word: Cow<'a, str>, place: u16, is_name: bool) {
        let stem: Cow<'a, str> = match (&word, stem(&word)) {
            (Cow::Borrowed(word), stem) if word.starts_with(&*stem) => (&word[..stem.len()]).into(),
            (_, stem) => stem.into_owned().into(),
        };
        if stem != word {
            self.entries.push(Entry { is_of_name: false, word: stem, place: 0 });
        }
        if is_name {
            self.entries.push(Entry { is_of_name: true, word: word.clone(), place: 0 });
        }
        self.entries.push(Entry { is_of_name: false, word, place });
    }

    fn into_text(mut self) -> String {
        self.entries.sort_unstable();
        // PostgreSQL's order: those with the sign of names stand where the sign does.
        let others = self.entries.partition_point(|entry| !entry.is_of_name);
        let before =
            self.entries[..others].partition_point(|entry| *entry.word < *NAME.encode_utf8(&mut [0; 4]));
        let names = self.entries.len() - others;
        self.entries[before..].rotate_right(names);
        let mut text = String::with_capacity(self.entries.len() * 16);
        for entries in
            self.entries.chunk_by(|one, other| (one.is_of_name, &one.word) == (other.is_of_name, &other.word))
        {
            let Entry { is_of_name, word, .. } = &entries[0];
            text.push_str(if text.is_empty() { "'" } else { " '" });
            text.extend(is_of_name.then_some(NAME));
            text.push_str(word);
            text.push('\'');
            let mut mark = ':';
            for entry in entries.iter().filter(|entry| entry.place > 0).take(MAX_PLACES) {
                let _ = write!(text, "{mark}{}", entry.place);
                mark = ',';
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::{Document, MAX_KEY};

    #[test]
    fn movie_has_the_words_of_both_texts() {
        let document = Document::new("Face/Off", "The killers’ plan: a killer’s face-lift.");
        assert_eq!(document.key, "face off");
        assert_eq!(document.name_words, ["face", "faceoff", "off"]);
        let expected = "'=face' '=faceoff' '=off' 'a':16 'face':1,18 'facelift' 'faceoff' 'killer':17 'killers':14,17 \
                        'lift':19 'off':2 'plan':15 's' 'the':13";
        assert_eq!(document.words, expected);
        let lexemes = document.lexemes().map(|(word, places)| (word, places.collect()));
        let lexemes: BTreeMap<_, Vec<_>> = lexemes.collect();
        assert_eq!(lexemes.len(), 14);
        assert_eq!(
            (&*lexemes["a"], &*lexemes["face"], &*lexemes["=off"]),
            (&[16][..], &[1, 18][..], &[][..])
        );
    }

    #[test]
    fn texts_without_words_are_empty() {
        let document = Document::new("???", "🎬");
        assert_eq!(document.lexemes().count(), 0);
        assert_eq!((&*document.key, &*document.words, document.name_words.len()), ("", "", 0));
    }

    #[test]
    fn repeated_word_has_255_places_and_none_beyond_the_last() {
        let document = Document::new("x", &"again ".repeat(20_000));
        assert_eq!(document.words.matches(',').count(), 254);
        let numbered: String = (0..20_000).map(|number| format!("{number} ")).collect();
        let document = Document::new("x", &numbered);
        assert!(document.words.contains("'16370':16382 ") && document.words.contains("'16371' "));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn document_fits_what_postgresql_stores(
            name in "\\p{any}{1,255}", overview in "[\u{fdfa}\u{4e00}-\u{9fff} ]{0,2000}|\\p{any}{0,500}",
        ) {
            let document = Document::new(&name, &overview.repeat(20));
            prop_assert!(document.key.chars().count() <= MAX_KEY);
            prop_assert!(document.words.len() < 1 << 20);
        }
    }
}
