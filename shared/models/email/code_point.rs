//! Unicode properties of the characters of an address.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::{Reason, reject};

/// Rejects the characters of `text` that are invisible or change the direction of others, and a combining
/// mark at its start, which would change the text printed before it. `message` starts the error.
pub(super) fn reject_hidden(message: &str, text: &str) -> Result<(), Reason> {
    reject(message, text, is_hidden)?;
    let first = &text[..text.ceil_char_boundary(1)];
    reject(message, first, |c| c.general_category_group() == GeneralCategoryGroup::Mark)
}

/// Returns whether `c` is a space, a control, a format character, unassigned, or otherwise invisible
/// (Unicode's Default_Ignorable_Code_Point).
fn is_hidden(c: char) -> bool {
    matches!(c.general_category_group(), GeneralCategoryGroup::Separator | GeneralCategoryGroup::Other)
        || matches!(
            c,
            '\u{34F}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
                | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}'
        )
}

/// Returns `c` in a form that an error message can contain safely.
pub(super) fn show(c: char) -> String {
    if is_hidden(c) || c.general_category_group() == GeneralCategoryGroup::Mark {
        format!("U+{:04X}", u32::from(c))
    } else {
        format!("'{c}'")
    }
}

/// Returns whether a domain name may contain `c` after the mapping of UTS #46: PVALID or CONTEXTO in RFC 5892
/// section 3.
pub(super) fn is_protocol_valid(c: char) -> bool {
    use GeneralCategory::*;
    match c {
        // Exceptions of section 2.6.
        '\u{6FD}' | '\u{6FE}' | '\u{F0B}' | '\u{3007}' => true,
        '\u{B7}' | '\u{375}' | '\u{5F3}' | '\u{5F4}' | '\u{30FB}' => true,
        '\u{640}' | '\u{7FA}' | '\u{302E}' | '\u{302F}' | '\u{3031}'..='\u{3035}' | '\u{303B}' => false,
        // Ignorable blocks of section 2.4, and Old Hangul Jamo of section 2.9.
        '\u{20D0}'..='\u{20FF}' | '\u{1D100}'..='\u{1D24F}' => false,
        '\u{1100}'..='\u{11FF}' | '\u{A960}'..='\u{A97F}' | '\u{D7B0}'..='\u{D7FF}' => false,
        _ => matches!(
            c.general_category(),
            LowercaseLetter
                | UppercaseLetter
                | OtherLetter
                | DecimalNumber
                | ModifierLetter
                | NonspacingMark
                | SpacingMark
        ),
    }
}

/// Returns whether the characters of `label` that require a context have it (RFC 5892 appendix A.3 to A.9).
pub(super) fn is_in_context(label: &str) -> bool {
    let characters: Vec<char> = label.chars().collect();
    characters.iter().enumerate().all(|(at, c)| {
        let before = || characters[..at].last().copied();
        let after = || characters.get(at + 1).copied();
        match c {
            '\u{B7}' => before() == Some('l') && after() == Some('l'),
            '\u{375}' => after().is_some_and(is_greek),
            '\u{5F3}' | '\u{5F4}' => before().is_some_and(is_hebrew),
            '\u{30FB}' => characters.iter().copied().any(is_japanese),
            '\u{660}'..='\u{669}' => !characters.iter().any(|c| matches!(c, '\u{6F0}'..='\u{6F9}')),
            _ => true,
        }
    })
}

// The three scripts below, limited to the blocks that a domain name may use.

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3E1}' | '\u{3F3}'..='\u{3FF}' | '\u{1D26}'..='\u{1D2A}' | '\u{1F00}'..='\u{1FFF}' | '\u{AB65}')
}

fn is_hebrew(c: char) -> bool {
    matches!(c, '\u{591}'..='\u{5F4}' | '\u{FB1E}')
}

/// Hiragana, Katakana or Han.
fn is_japanese(c: char) -> bool {
    matches!(
        c,
        '\u{3005}' | '\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{309D}'..='\u{30FA}' | '\u{30FD}'..='\u{30FF}'
            | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}'
            | '\u{FA0E}'..='\u{FA29}' | '\u{16FE3}' | '\u{16FF0}'..='\u{16FF7}' | '\u{1AFF0}'..='\u{1B168}'
            | '\u{20000}'..='\u{3347F}'
    )
}
