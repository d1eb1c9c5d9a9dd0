//! Finds countries by the names and codes of ISO 3166-1.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

/// Common English names that differ from the short names of the standard (after the Unicode CLDR), and `UK`, in the form of
/// [`key`].
const OTHER_NAMES: [(&str, &str); 46] = [
    ("america", "US"),
    ("bolivia", "BO"),
    ("bosnia", "BA"),
    ("britain", "GB"),
    ("brunei", "BN"),
    ("burma", "MM"),
    ("capeverde", "CV"),
    ("congobrazzaville", "CG"),
    ("congokinshasa", "CD"),
    ("czechrepublic", "CZ"),
    ("democraticrepublicofthecongo", "CD"),
    ("easttimor", "TL"),
    ("england", "GB"),
    ("greatbritain", "GB"),
    ("holland", "NL"),
    ("hongkongsarchina", "HK"),
    ("iran", "IR"),
    ("ivorycoast", "CI"),
    ("laos", "LA"),
    ("macau", "MO"),
    ("macaosarchina", "MO"),
    ("macedonia", "MK"),
    ("micronesia", "FM"),
    ("moldova", "MD"),
    ("netherlands", "NL"),
    ("northernireland", "GB"),
    ("northkorea", "KP"),
    ("northmacedonia", "MK"),
    ("palestine", "PS"),
    ("russia", "RU"),
    ("scotland", "GB"),
    ("southkorea", "KR"),
    ("swaziland", "SZ"),
    ("syria", "SY"),
    ("taiwan", "TW"),
    ("tanzania", "TZ"),
    ("thenetherlands", "NL"),
    ("turkey", "TR"),
    ("uae", "AE"),
    ("uk", "GB"),
    ("unitedkingdom", "GB"),
    ("unitedstates", "US"),
    ("vatican", "VA"),
    ("venezuela", "VE"),
    ("vietnam", "VN"),
    ("wales", "GB"),
];

/// The two-letter codes by names and three-letter codes.
static CODES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let standard = rust_iso3166::ALL.iter();
    let standard = standard
        .flat_map(|country| [(key(country.name), country.alpha2), (key(country.alpha3), country.alpha2)]);
    standard.chain(OTHER_NAMES.map(|(name, code)| (name.to_owned(), code))).collect()
});

/// Returns the letters and digits of a name in lower case.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the English name that ISO 3166 has for a code of two or three letters.
pub fn country_name(code: &str) -> Option<&'static str> {
    let country = rust_iso3166::from_alpha2(code).or_else(|| rust_iso3166::from_alpha3(code));
    country.map(|country| country.name)
}

/// Returns the two-letter code for a country's name or three-letter code, or the text itself if it is neither.
pub fn country_code(text: &str) -> Cow<'_, str> {
    let is_code = text.len() == 2 && !text.eq_ignore_ascii_case("uk");
    match CODES.get(&key(text)).filter(|_| !is_code) {
        Some(code) => Cow::Borrowed(code),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_three_letter_codes_become_two_letters() {
        for (text, code) in [
            ("US", "US"),
            ("us", "us"),
            ("USA", "US"),
            ("usa", "US"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("UNITED STATES OF AMERICA", "US"),
            ("UK", "GB"),
            ("United Kingdom", "GB"),
            ("Côte d’Ivoire", "CI"),
            ("Korea (Republic of)", "KR"),
            ("South Korea", "KR"),
            ("Türkiye", "TR"),
            ("France", "FR"),
            ("XQZ", "XQZ"),
            ("Narnia", "Narnia"),
            ("", ""),
        ] {
            assert_eq!(country_code(text), code, "{text}");
        }
    }

    #[test]
    fn common_names_lead_to_countries_of_the_standard() {
        for (name, code) in OTHER_NAMES {
            assert_eq!(key(name), name);
            assert!(country_name(code).is_some(), "{name}");
        }
    }

    #[test]
    fn names_of_countries_are_nfc() {
        for country in rust_iso3166::ALL {
            assert_eq!(shared::validation::nfc(country.name), country.name);
        }
    }
}
