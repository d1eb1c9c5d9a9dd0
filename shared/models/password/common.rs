//! Passwords that everybody guesses: `common/README.md` says where the list is from.

#[cfg(test)]
mod derive;

use fst::Set;
use secrecy::{ExposeSecret, SecretString};

/// Made by `build.rs`.
static LIST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/common_passwords.fst"));

/// The length of the longest entry, in bytes, and some to spare.
const MAX_LENGTH: usize = 32;

/// Returns whether the list holds `password` in some mix of upper and lower case.
pub fn is_common(password: &str) -> bool {
    if password.len() > MAX_LENGTH {
        return false;
    }
    let list = Set::new(LIST).expect("build.rs made a set");
    list.contains(SecretString::from(password.to_ascii_lowercase()).expose_secret())
}

#[cfg(test)]
mod tests {
    use super::{super::follows_rules, *};
    use crate::{models::Password, validation::Field};

    fn entries() -> Vec<String> {
        let lines = |text: &'static str| text.lines().collect::<Vec<_>>();
        derive::passwords(&lines(include_str!("common/words.txt")), &lines(include_str!("common/more.txt")))
    }

    #[test]
    fn list_holds_what_was_derived_and_nothing_else() {
        let entries = entries();
        assert!(entries.len() >= 3000, "{}", entries.len());
        let list = Set::new(LIST).expect("it is a set");
        assert_eq!(list.len(), entries.len());
        assert!(entries.iter().all(|entry| list.contains(entry)));
        assert!(entries.iter().all(|entry| entry.len() <= MAX_LENGTH));
    }

    #[test]
    fn entries_meet_the_rules_but_for_case() {
        // Some of them: all take a minute.
        for entry in entries().into_iter().step_by(97) {
            let mut letters = entry.char_indices().filter(|(_, c)| c.is_ascii_lowercase());
            let first = letters.next().expect("an entry has letters").0;
            let mut password = entry.clone();
            password[first..=first].make_ascii_uppercase();
            let read = Password::read(&password.as_str().into()).expect("any text is read");
            let message = follows_rules(&read).err().and_then(|error| error.message);
            assert!(message.is_none_or(|rule| rule == super::super::TOO_COMMON), "{entry}");
        }
    }

    #[test]
    fn case_does_not_hide_a_common_password() {
        for password in
            ["P@ssw0rd", "p@SSW0RD", "Password1!", "Welcome1!", "Qwerty123!", "Summer2026!", "Pa$$w0rd"]
        {
            assert!(is_common(password), "{password}");
        }
    }

    #[test]
    fn passwords_of_tests_and_examples_are_not_common() {
        for password in [
            "StrongPassword123!",
            "NewSecurePassword123!",
            "SomePassword123!",
            "OldPassword123!",
            "TestPassword123!",
            "AnotherPassword456#",
            "Aa1@ñññ!",
            "",
            &"Password1!".repeat(400),
        ] {
            assert!(!is_common(password), "{password:.40}");
        }
    }
}
