//! Corrects misspelt words: finds words of names with one letter more, less, wrong, or swapped with the next.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::PgConnection;

use super::query::{Search, SearchQuery};

/// How many letters a word has at least that is corrected. A number has none.
const MIN_LETTERS: usize = 1;

/// How many letters the longest word of a search has at least: shorter ones are similar to too many others.
const MIN_LETTERS_ALONE: usize = 3;

/// The maximum number of similar words per word.
const MAX_SIMILAR: usize = 20;

/// The maximum number of names that similar words form.
const MAX_KEYS: usize = 20;

/// Returns the search for similar words of names, or `None` if there are none. One round trip.
pub async fn correct(connection: &mut PgConnection, query: &SearchQuery) -> sqlx::Result<Option<Search>> {
    let words: BTreeSet<_> = query.words().filter(|word| letters(word) >= MIN_LETTERS).collect();
    if words.iter().all(|word| letters(word) < MIN_LETTERS_ALONE) {
        return Ok(None);
    }
    let slips: BTreeSet<_> = words.iter().flat_map(|word| slips(word)).collect();
    let slips: Vec<_> = slips.into_iter().collect();
    let known =
        sqlx::query_scalar!("SELECT word FROM name_words WHERE word = ANY ($1) OR slips && $1", &slips)
            .fetch_all(connection)
            .await?;
    let similar: BTreeMap<&str, Vec<String>> =
        words.iter().map(|word| (word.as_str(), similar(word, &known))).collect();
    let similar = |word: &str| similar.get(word).cloned().unwrap_or_default();
    Ok(query.corrected(similar, keys(&query.key_words(), similar)))
}

/// Returns the words of `known` that are similar to `word`: first itself, then those with the same first letter.
fn similar(word: &str, known: &[String]) -> Vec<String> {
    let mut similar: Vec<_> = known.iter().filter(|known| is_similar(word, known)).cloned().collect();
    similar.sort_by_key(|known| (known != word, known.chars().next() != word.chars().next()));
    similar.truncate(MAX_SIMILAR);
    similar
}

/// Returns the keys of names that consist of similar words.
fn keys(words: &[String], similar: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut keys = vec![String::new()];
    for word in words {
        let others = similar(word);
        // A word that names have is right as it is.
        let is_known = others.is_empty() || others.contains(word);
        let others = if is_known { vec![word.clone()] } else { others };
        let longer = keys.iter().flat_map(|key| {
            let blank = if key.is_empty() { "" } else { " " };
            others.iter().map(move |word| format!("{key}{blank}{word}"))
        });
        keys = longer.take(MAX_KEYS).collect();
    }
    keys
}

fn letters(word: &str) -> usize {
    word.chars().count()
}

/// Returns the word, and the word without each of its letters.
fn slips(word: &str) -> impl Iterator<Item = String> {
    let shorter =
        word.char_indices().map(|(start, c)| format!("{}{}", &word[..start], &word[start + c.len_utf8()..]));
    std::iter::once(word.to_owned()).chain(shorter)
}

/// Returns whether the words differ in at most one letter, or in the order of two neighbouring letters.
fn is_similar(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let start = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[start..], &other[start..]);
    let end = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - end], &other[..other.len() - end]);
    match (one, other) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => (a, b) == (d, c),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{is_similar, keys, similar, slips};

    #[test]
    fn one_mistake_makes_similar_words() {
        for (one, other) in [
            ("heat", "heat"),
            ("heat", "heet"),
            ("heat", "het"),
            ("heat", "heatt"),
            ("heat", "haet"),
            ("aab", "ab"),
        ] {
            assert!(is_similar(one, other) && is_similar(other, one), "{one} {other}");
        }
        for (one, other) in
            [("heat", "hate"), ("heat", "heap."), ("heat", "ehta"), ("heat", ""), ("abc", "cba")]
        {
            assert!(!is_similar(one, other) && !is_similar(other, one), "{one} {other}");
        }
    }

    #[test]
    fn similar_words_share_a_slip() {
        for (one, other) in [("heat", "heet"), ("heat", "het"), ("heat", "haet"), ("été", "éte")] {
            let others: Vec<_> = slips(other).collect();
            assert!(slips(one).any(|slip| others.contains(&slip)), "{one} {other}");
        }
        assert_eq!(slips("éa").collect::<Vec<_>>(), ["éa", "a", "é"]);
    }

    #[test]
    fn word_itself_comes_first() {
        let known = ["beat", "heap", "heat", "other"].map(str::to_owned);
        assert_eq!(similar("heat", &known), ["heat", "heap", "beat"]);
        let keys = keys(&["the", "heat", "heaf"].map(str::to_owned), |word| similar(word, &known));
        assert_eq!(keys, ["the heat heap", "the heat heat"]);
    }
}
