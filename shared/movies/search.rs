//! Converts a search text to a PostgreSQL query.
//!
//! PostgreSQL's own parser for such texts, `websearch_to_tsquery`, fails for some ("tsquery stack too
//! small"). `to_tsquery` accepts every query that this module builds: each word is quoted, so that no
//! character of a client is an operator, and there are no parentheses, so that nothing nests. A text of 255
//! characters has at most 128 words, well below the limit of a query ([PostgreSQL manual, section
//! 8.11.2](https://www.postgresql.org/docs/18/datatype-textsearch.html#DATATYPE-TSQUERY)).

use crate::validation::is_blank;

/// A word, or the words of a phrase.
#[derive(Debug, PartialEq)]
struct Term<'a> {
    text: &'a str,
    is_phrase: bool,
    is_excluded: bool,
}

/// Returns the argument of `to_tsquery` for a text in the syntax of web search engines.
///
/// All words must match. `or` between two words matches either side, `"two words"` matches adjacent words,
/// and a `-` directly before a word or phrase excludes it. Characters that are neither letters nor digits are
/// ignored, so the query can be empty; an empty query matches nothing.
pub fn to_tsquery(text: &str) -> String {
    let terms = terms(text);
    let mut alternatives = vec![Vec::new()];
    for (index, term) in terms.iter().enumerate() {
        let is_between = alternatives.last().is_some_and(|all| !all.is_empty()) && index + 1 < terms.len();
        if is_between && term.is_or() {
            alternatives.push(Vec::new());
        } else if let Some(all) = alternatives.last_mut() {
            // A repeated word takes time without changing the result.
            if !all.contains(&term) {
                all.push(term);
            }
        }
    }
    let all = |terms: &Vec<&Term>| terms.iter().map(|term| term.quoted()).collect::<Vec<_>>().join(" & ");
    alternatives.iter().map(all).collect::<Vec<_>>().join(" | ")
}

impl Term<'_> {
    fn is_or(&self) -> bool {
        !self.is_phrase && !self.is_excluded && self.text.eq_ignore_ascii_case("or")
    }

    fn quoted(&self) -> String {
        let not = if self.is_excluded { "!" } else { "" };
        format!("{not}'{}'", self.text.replace('\\', r"\\").replace('\'', "''"))
    }
}

/// Returns the non-empty words and phrases of a text.
fn terms(text: &str) -> Vec<Term<'_>> {
    let mut terms = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(is_separator);
        let start = rest.trim_start_matches('-');
        let is_excluded = start.len() < rest.len();
        let (text, is_phrase);
        (text, rest, is_phrase) = match start.strip_prefix('"') {
            Some(start) => {
                let (phrase, rest) = start.split_once('"').unwrap_or((start, ""));
                (phrase.trim_matches(is_blank), rest, true)
            }
            None => {
                let end = start.find(|c| is_separator(c) || c == '"').unwrap_or(start.len());
                (&start[..end], &start[end..], false)
            }
        };
        if !text.is_empty() {
            terms.push(Term { text, is_phrase, is_excluded });
        } else if rest.is_empty() {
            return terms;
        }
    }
}

/// Returns whether `c` separates words: white space, and the operators of PostgreSQL's queries.
fn is_separator(c: char) -> bool {
    is_blank(c) || matches!(c, '!' | '&' | '|' | '(' | ')')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{terms, to_tsquery};

    #[test]
    fn search_words_become_quoted_terms_and_operators() {
        let cases = [
            ("heat", "'heat'"),
            ("two  killers", "'two' & 'killers'"),
            ("killer -heat -running", "'killer' & !'heat' & !'running'"),
            ("\"two killers\"", "'two killers'"),
            ("-\"two killers\" heat", "!'two killers' & 'heat'"),
            ("\"never closed", "'never closed'"),
            ("in\"the middle\"of", "'in' & 'the middle' & 'of'"),
            ("a or b c OR d", "'a' | 'b' & 'c' | 'd'"),
            ("spider-man", "'spider-man'"),
            ("--twice", "!'twice'"),
            ("a - b", "'a' & 'b'"),
            ("heat heat -heat", "'heat' & !'heat'"),
            ("a&b|!(c)", "'a' & 'b' & 'c'"),
            ("o'neill \\ ''", r"'o''neill' & '\\' & ''''''"),
            ("heat:* <-> a", "'heat:*' & '<->' & 'a'"),
            ("\u{2003}amélie\u{a0}🎬", "'amélie' & '🎬'"),
        ];
        for (text, query) in cases {
            assert_eq!(to_tsquery(text), query, "{text}");
        }
    }

    #[test]
    fn or_without_operands_is_a_word() {
        let cases = [
            ("or", "'or'"),
            ("or a", "'or' & 'a'"),
            ("a or", "'a' & 'or'"),
            ("or or or", "'or' | 'or'"),
            ("a or or b", "'a' | 'or' & 'b'"),
            ("a -or b", "'a' & !'or' & 'b'"),
            ("a \"or\" b", "'a' & 'or' & 'b'"),
        ];
        for (text, query) in cases {
            assert_eq!(to_tsquery(text), query, "{text}");
        }
    }

    #[test]
    fn text_without_words_becomes_empty_query() {
        for text in ["-", "- -", "\"", "\"\"", "-\"", "-\"\" -", "!&|()", "\" \"", &"-".repeat(255)] {
            assert_eq!(to_tsquery(text), "", "{text}");
        }
    }

    /// Returns whether the text is `[!]'…'`, or several of these separated by ` & ` or ` | `.
    fn is_flat(query: &str) -> bool {
        let mut rest = query;
        loop {
            rest = rest.strip_prefix('!').unwrap_or(rest);
            let Some(quoted) = rest.strip_prefix('\'') else { return false };
            let mut characters = quoted.char_indices().peekable();
            let end = loop {
                match characters.next() {
                    Some((_, '\\')) if characters.next().is_some() => {}
                    Some((_, '\'')) if characters.next_if(|&(_, next)| next == '\'').is_some() => {}
                    Some((end, '\'')) if end > 0 => break end,
                    Some((_, c)) if !matches!(c, '\\' | '\'') => {}
                    _ => return false,
                }
            };
            rest = &quoted[end + 1..];
            if rest.is_empty() {
                return true;
            }
            match rest.strip_prefix(" & ").or(rest.strip_prefix(" | ")) {
                Some(next) => rest = next,
                None => return false,
            }
        }
    }

    proptest! {
        #[test]
        fn arbitrary_text_becomes_flat_query(text in "([-\"'\\\\:*!&|()<> ]|or |\\PC|\\p{any}){0,255}") {
            let query = to_tsquery(&text);
            prop_assert!(query.is_empty() || is_flat(&query), "{query}");
        }

        #[test]
        fn text_of_255_characters_has_at_most_128_terms(text in "[-a\" ]{0,255}") {
            prop_assert!(terms(&text).len() <= 128);
        }
    }
}
