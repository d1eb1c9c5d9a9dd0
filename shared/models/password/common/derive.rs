// Derives common passwords from common words. Part of `build.rs`, and of the tests of the list.

const SPECIAL: [&str; 4] = ["!", "@", "#", "$"];

const NUMBERS: [&str; 14] =
    ["1", "2", "3", "7", "01", "11", "12", "13", "22", "99", "123", "1234", "12345", "123456"];

/// Years that people append: those in which passwords that are in use were chosen.
const YEARS: std::ops::RangeInclusive<u16> = 2022..=2028;

/// How many of the first words are spelled in other ways too.
const RESPELLED: usize = 60;

/// The passwords that meet the rules, in lower case, sorted, each once.
pub fn passwords(words: &[&str], more: &[&str]) -> Vec<String> {
    let endings = endings();
    let mut passwords = Vec::new();
    let mut add = |word: &str| {
        for ending in &endings {
            let length = word.len() + ending.len();
            if length >= 8 {
                let password = format!("{word}{ending}");
                if meets_rules(&password) {
                    passwords.push(password);
                }
            }
        }
    };
    for word in words.iter().chain(more) {
        add(word);
    }
    for word in words.iter().take(RESPELLED).chain(more) {
        for spelling in spellings(word) {
            add(&spelling);
        }
    }
    passwords.sort_unstable();
    passwords.dedup();
    passwords
}

/// What people append: nothing, a number, a special character, or both in either order.
fn endings() -> Vec<String> {
    let numbers = NUMBERS.into_iter().map(str::to_owned).chain(YEARS.map(|year| year.to_string()));
    let mut endings = vec![String::new()];
    for number in numbers {
        for special in SPECIAL {
            endings.push(format!("{number}{special}"));
            endings.push(format!("{special}{number}"));
        }
        endings.push(format!("{number}!!"));
        endings.push(number);
    }
    endings.extend(SPECIAL.map(str::to_owned));
    endings
}

/// The other spellings of a word, with characters that look like its letters.
fn spellings(word: &str) -> Vec<String> {
    const LOOKALIKES: [&[(char, char)]; 8] = [
        &[('a', '@')],
        &[('o', '0')],
        &[('s', '$')],
        &[('e', '3')],
        &[('i', '1')],
        &[('i', '!')],
        &[('a', '@'), ('o', '0')],
        &[('a', '@'), ('s', '$')],
    ];
    let spelled = LOOKALIKES.map(|pairs| {
        let lookalike = |c| pairs.iter().find(|(letter, _)| *letter == c).map_or(c, |(_, other)| *other);
        word.chars().map(lookalike).collect::<String>()
    });
    spelled.into_iter().filter(|spelling| spelling != word).collect()
}

/// Whether a password of at least eight characters meets the rules in some mix of upper and lower case.
fn meets_rules(password: &str) -> bool {
    password.bytes().filter(u8::is_ascii_lowercase).count() >= 2
        && password.bytes().any(|byte| byte.is_ascii_digit())
        && password.contains(['@', '$', '!', '%', '*', '?', '#', '&'])
}
