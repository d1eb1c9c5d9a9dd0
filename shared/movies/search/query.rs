//! Translates the words of a search into a query for PostgreSQL.
//!
//! Operands are quoted and consist of folded words, so no character of a client has a meaning in the query's grammar.
//! Parentheses nest at most three levels deep. A text of 255 characters has far fewer words than a query can contain
//! ([PostgreSQL manual, section 8.11.2](https://www.postgresql.org/docs/18/datatype-textsearch.html#DATATYPE-TSQUERY)).

use super::{
    document::{NAME, shortened_key},
    fold::{Chain, Folded, stem},
};
use crate::validation::is_blank;

/// The shortest beginning that also matches in overviews, in letters.
const MIN_BEGINNING: usize = 4;

/// From how many alternatives on a phrase gets no more.
const MAX_PHRASES: usize = 8;

/// The maximum size of a folded text of 255 characters, in bytes.
const MAX_FOLDED: usize = 20_000;

/// The words of a search.
pub struct SearchQuery {
    terms: Vec<Term>,
}

/// A word or a phrase. It is never empty.
struct Term {
    text: Folded,
    is_phrase: bool,
    is_excluded: bool,
}

/// A search as PostgreSQL runs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// The `tsquery` for matching movies.
    pub all: String,
    /// The `tsquery` for movies with all words in the name, or `None` if the search only excludes words.
    pub name: Option<String>,
    /// The keys of the names that come first.
    pub exact: Vec<String>,
    /// Whether names that begin with the only key come next.
    pub has_beginnings: bool,
}

impl SearchQuery {
    /// Reads a text in the syntax of web searches: all words must match, `"two words"` is a phrase, and a `-` directly
    /// before a word or phrase excludes it. Other characters than letters and digits only separate words.
    pub fn read(text: &str) -> Self {
        let mut terms = Vec::new();
        let mut rest = text;
        loop {
            rest = rest.trim_start_matches(is_separator);
            if rest.is_empty() {
                return Self { terms };
            }
            let start = rest.trim_start_matches('-');
            let is_excluded = start.len() < rest.len();
            let (text, is_phrase);
            (text, rest, is_phrase) = match start.strip_prefix('"') {
                Some(start) => {
                    let (phrase, rest) = start.split_once('"').unwrap_or((start, ""));
                    (phrase, rest, true)
                }
                None => {
                    let end = start.find(|c| is_separator(c) || c == '"').unwrap_or(start.len());
                    (&start[..end], &start[end..], false)
                }
            };
            let text = Folded::new(text, MAX_FOLDED);
            if !text.is_empty() {
                terms.push(Term { text, is_phrase, is_excluded });
            }
        }
    }

    /// Returns the search, or `None` if there are no words.
    pub fn search(&self) -> Option<Search> {
        let all = self.conjunction(|word, is_last| {
            let stem = quoted("", &stem(word));
            match (is_last, word.chars().count() < MIN_BEGINNING) {
                (false, _) => stem,
                (true, false) => format!("{}:* | {stem}", quoted("", word)),
                (true, true) => format!("{}:* | {stem}", quoted(NAME, word)),
            }
        });
        let excluded = self.terms.iter().filter(|term| term.is_excluded).map(Term::exclusion);
        let all = joined(all.into_iter().chain(excluded));
        let (name, key) = (self.name(|word| vec![word.to_owned()]), self.key());
        let has_beginnings = name.is_some();
        (!all.is_empty()).then_some(Search {
            all,
            exact: name.is_some().then_some(key).into_iter().collect(),
            name,
            has_beginnings,
        })
    }

    /// Returns the search that also accepts similar words of names, or `None` if there are none. `similar` returns the
    /// words of names that are similar to a word, including itself.
    pub fn corrected(&self, similar: impl Fn(&str) -> Vec<String>, keys: Vec<String>) -> Option<Search> {
        let all = self.conjunction(|word, is_last| {
            let mut operands = vec![quoted("", &stem(word))];
            operands.extend(is_last.then(|| format!("{}:*", quoted(NAME, word))));
            operands.extend(similar(word).iter().map(|word| quoted(NAME, word)));
            operands.join(" | ")
        });
        let excluded = self.terms.iter().filter(|term| term.is_excluded).map(Term::exclusion);
        let is_corrected = self.words().any(|word| similar(&word).iter().any(|other| *other != word));
        is_corrected.then(|| Search {
            all: joined(all.into_iter().chain(excluded)),
            name: self.name(similar),
            exact: keys,
            has_beginnings: false,
        })
    }

    /// Returns the words that are not excluded, and those of each chain as a single one.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.chains().flat_map(|(chain, _)| chain.parts().map(ToOwned::to_owned).chain(chain.glued()))
    }

    /// Returns the words of the key.
    pub fn key_words(&self) -> Vec<String> {
        self.key().split(' ').map(ToOwned::to_owned).collect()
    }

    /// Returns the key of the words that are not excluded.
    fn key(&self) -> String {
        let mut key = String::new();
        self.chains().for_each(|(chain, _)| chain.add_to_key(&mut key));
        shortened_key(key)
    }

    /// Returns the chains that are not excluded, each with whether it can be a beginning.
    fn chains(&self) -> impl Iterator<Item = (Chain<'_>, bool)> {
        let last = self.terms.len().checked_sub(1);
        self.terms.iter().enumerate().filter(|(_, term)| !term.is_excluded).flat_map(move |(index, term)| {
            let is_last = Some(index) == last && !term.is_phrase;
            let chains = term.text.chains().count();
            term.text.chains().enumerate().map(move |(place, chain)| (chain, is_last && place + 1 == chains))
        })
    }

    /// Returns the operands that must match: phrases, and for each word the result of `operand`.
    fn conjunction(&self, operand: impl Fn(&str, bool) -> String) -> Vec<String> {
        let last = self.terms.len().checked_sub(1);
        let mut operands = Vec::new();
        for (index, term) in self.terms.iter().enumerate().filter(|(_, term)| !term.is_excluded) {
            if term.is_phrase && !term.is_one_word() {
                operands.push(term.beside_each_other());
                continue;
            }
            let mut chains = term.text.chains().peekable();
            while let Some(chain) = chains.next() {
                let is_last = Some(index) == last && !term.is_phrase && chains.peek().is_none();
                operands.push(of_chain(chain, |word, is_end| operand(word, is_end && is_last)));
            }
        }
        operands
    }

    /// Returns the query for names that contain, for each word, one of the words that `similar` returns.
    fn name(&self, similar: impl Fn(&str) -> Vec<String>) -> Option<String> {
        let operands = self.chains().map(|(chain, is_last)| {
            of_chain(chain, |word, is_end| {
                let mut operands: Vec<_> = similar(word).iter().map(|word| quoted(NAME, word)).collect();
                if operands.is_empty() || (is_end && is_last) {
                    operands.push(format!("{}:*", quoted(NAME, word)));
                }
                operands.join(" | ")
            })
        });
        let name = joined(operands);
        (!name.is_empty()).then_some(name)
    }
}

impl Term {
    fn is_one_word(&self) -> bool {
        let mut words = self.text.chains().flat_map(Chain::parts);
        words.next().is_some() && words.next().is_none()
    }

    /// Returns the query for the phrase, in which each of the first chains can also be a single word. Alternatives are whole
    /// phrases, because PostgreSQL aligns those of different lengths within a phrase by their starts.
    fn beside_each_other(&self) -> String {
        let mut phrases = vec![Vec::new()];
        for chain in self.text.chains() {
            let mut glued = Vec::new();
            if let Some(word) = chain.glued().filter(|_| phrases.len() < MAX_PHRASES) {
                glued.clone_from(&phrases);
                glued.iter_mut().for_each(|phrase| phrase.push(quoted("", &word)));
            }
            for phrase in &mut phrases {
                phrase.extend(chain.parts().map(|word| quoted("", word)));
            }
            phrases.extend(glued);
        }
        let phrases: Vec<_> = phrases.iter().map(|words| words.join(" <-> ")).collect();
        format!("({})", phrases.join(" | "))
    }

    fn exclusion(&self) -> String {
        let mut chains = self.text.chains();
        match (self.is_one_word(), chains.next(), chains.next()) {
            (true, Some(chain), None) => format!("!{}", of_chain(chain, |word, _| quoted("", &stem(word)))),
            (_, Some(chain), None) if !self.is_phrase => {
                let parts: Vec<_> = chain.parts().map(|word| quoted("", word)).collect();
                let glued = chain.glued().map(|glued| quoted("", &stem(&glued)));
                format!("!(({}) | {})", parts.join(" <-> "), glued.unwrap_or_default())
            }
            _ => format!("!{}", self.beside_each_other()),
        }
    }
}

/// Returns the query for the words of a chain, or for them as a single one. The second argument of `operand` is whether
/// the word is the last of the chain.
fn of_chain(chain: Chain<'_>, operand: impl Fn(&str, bool) -> String) -> String {
    let count = chain.parts().count();
    let parts = chain.parts().enumerate().map(|(place, word)| operand(word, place + 1 == count));
    match chain.glued() {
        None => format!("({})", parts.collect::<String>()),
        Some(glued) => {
            let parts: Vec<_> = parts.map(|part| format!("({part})")).collect();
            format!("({} | {})", parts.join(" & "), operand(&glued, true))
        }
    }
}

/// Returns the conjunction of the distinct operands. Repeated ones would only cost time.
fn joined(operands: impl Iterator<Item = String>) -> String {
    let mut distinct = Vec::new();
    for operand in operands {
        if !distinct.contains(&operand) {
            distinct.push(operand);
        }
    }
    distinct.join(" & ")
}

/// Returns a word as an operand. Folded words contain no characters that require escaping.
fn quoted(mark: impl std::fmt::Display, word: &str) -> String {
    format!("'{mark}{word}'")
}

/// Returns whether `c` separates terms.
fn is_separator(c: char) -> bool {
    is_blank(c) || matches!(c, '!' | '|' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SearchQuery;

    fn all(text: &str) -> String {
        SearchQuery::read(text).search().map(|search| search.all).unwrap_or_default()
    }

    #[test]
    fn words_become_quoted_operands() {
        for (text, query) in [
            ("heat", "('heat':* | 'heat')"),
            ("two  killers", "('two') & ('killers':* | 'killer')"),
            ("HEAT it", "('heat') & ('=it':* | 'it')"),
            ("running -heat", "('run') & !('heat')"),
            ("-heat", "!('heat')"),
            ("\"two killers\"", "('two' <-> 'killers')"),
            ("-\"two killers\" heat", "('heat':* | 'heat') & !('two' <-> 'killers')"),
            ("\"never closed", "('never' <-> 'closed')"),
            ("\"don't look\"", "('don' <-> 't' <-> 'look' | 'dont' <-> 'look')"),
            ("\"pan´s maze\"", "('pan' <-> 'maze' | 'pans' <-> 'maze')"),
            ("\"one\"", "('one')"),
            ("in\"the middle\"of", "('in') & ('the' <-> 'middle') & ('=of':* | 'of')"),
            ("a or b", "('a') & ('or') & ('=b':* | 'b')"),
            ("spider-man x", "(('spider') & ('man') | 'spiderman') & ('=x':* | 'x')"),
            ("-spider-man x", "('=x':* | 'x') & !(('spider' <-> 'man') | 'spiderman')"),
            ("star wars - return", "('star') & ('war') & ('return':* | 'return')"),
            ("--twice x", "('=x':* | 'x') & !('twice')"),
            ("the the the", "('the') & ('=the':* | 'the')"),
            ("amélie’s", "(('amelie':* | 'ameli') | 'amelies':* | 'ame')"),
            ("heat:* <-> 'a' \\", "('heat') & ('=a':* | 'a')"),
        ] {
            assert_eq!(all(text), query, "{text}");
        }
    }

    #[test]
    fn text_without_words_finds_nothing() {
        for text in
            ["-", "- -", "\"", "\"\"", "-\"", "-\"\" -", "!&|()", "\" \"", "🎬", "…", &"-".repeat(255)]
        {
            assert_eq!(SearchQuery::read(text).search(), None, "{text}");
        }
    }

    #[test]
    fn names_are_found_by_all_words_and_their_start() {
        let search = SearchQuery::read("Face/Off \"the end\" -not it").search().expect("it has words");
        assert_eq!(search.exact, ["face off the end it"]);
        let name = "(('=face') & ('=off') | '=faceoff') & ('=the') & ('=end') & ('=it' | '=it':*)";
        assert_eq!(search.name.as_deref(), Some(name));
        let search = SearchQuery::read("-not").search().expect("it has words");
        assert_eq!((search.name, search.exact), (None, vec![]));
    }

    #[test]
    fn misspelt_words_become_similar_ones() {
        let query = SearchQuery::read("teh heta 2");
        let similar = |word: &str| match word {
            "teh" => vec!["the".to_owned(), "ten".to_owned()],
            "heta" => vec!["heat".to_owned()],
            _ => Vec::new(),
        };
        let search = query.corrected(similar, vec!["the heat 2".into()]).expect("there are others");
        assert_eq!(search.all, "('teh' | '=the' | '=ten') & ('heta' | '=heat') & ('2' | '=2':*)");
        assert_eq!(search.name.as_deref(), Some("('=the' | '=ten') & ('=heat') & ('=2':*)"));
        assert_eq!(query.corrected(|word| vec![word.to_owned()], vec![]), None);
    }

    /// Returns whether the text consists of quoted operands, operators and parentheses.
    fn is_query(query: &str) -> bool {
        let quoted = query.split('\'').skip(1).step_by(2);
        let between = query.split('\'').step_by(2);
        quoted.into_iter().all(|word| !word.is_empty() && !word.contains('\\'))
            && between.into_iter().all(|text| text.chars().all(|c| "()!&|<->:* ".contains(c)))
            && query.matches('\'').count().is_multiple_of(2)
            && query.matches('(').count() == query.matches(')').count()
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_query(text in "([-\"'\\\\:*!&|()<> ]|or |\\PC|\\p{any}){0,255}") {
            let query = all(&text);
            prop_assert!(is_query(&query), "{query}");
        }
    }
}
