//! Reads lists of names in a cell: with commas, with bars, or in brackets as in JSON and Python.

use std::borrow::Cow;

use shared::validation::is_blank;

/// The form of the lists in a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ListForm {
    /// `Crime, Drama`
    Commas,
    /// `Crime|Drama`
    Bars,
    /// `["Crime", "Drama"]`, `['Crime', 'Drama']`, or objects with a `name` instead of the names.
    Brackets,
}

impl ListForm {
    /// Returns the form of most of these cells.
    pub fn of<'a>(cells: impl Iterator<Item = &'a str>) -> Self {
        let (mut filled, mut brackets, mut bars, mut commas) = (0, 0, 0, 0);
        for cell in cells.filter(|cell| !cell.is_empty()) {
            filled += 1;
            match cell {
                _ if is_bracketed(cell) => brackets += 1,
                _ if cell.contains('|') => bars += 1,
                _ => commas += u32::from(cell.contains(',')),
            }
        }
        match filled {
            0 => Self::Commas,
            _ if brackets * 2 > filled => Self::Brackets,
            _ if bars > 0 && bars >= commas => Self::Bars,
            _ => Self::Commas,
        }
    }

    /// Returns the name for the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Commas => "commas",
            Self::Bars => "bars",
            Self::Brackets => "brackets",
        }
    }

    /// Returns the message for a cell in another form.
    pub fn expectation(self) -> &'static str {
        match self {
            Self::Commas => "Input should be a list with commas, as in the other rows",
            Self::Bars => "Input should be a list with bars (|), as in the other rows",
            Self::Brackets => {
                "Input should be a list in brackets, of names or of objects with a name, as in the other rows"
            }
        }
    }

    /// Returns the items of a cell in order, trimmed, without empty items. Returns `None` for a cell in another form.
    pub fn items(self, cell: &str) -> Option<Vec<Cow<'_, str>>> {
        let separated = |separator| {
            let items = cell.split(separator).map(|item: &str| item.trim_matches(is_blank));
            items.filter(|item| !item.is_empty()).map(Cow::Borrowed).collect()
        };
        match self {
            _ if cell.is_empty() => Some(Vec::new()),
            Self::Commas if is_bracketed(cell) || cell.contains('|') => None,
            Self::Bars if is_bracketed(cell) => None,
            Self::Commas => Some(separated(',')),
            Self::Bars => Some(separated('|')),
            Self::Brackets => {
                let mut items = Literal(cell).names()?;
                for item in &mut items {
                    let trimmed = item.trim_matches(is_blank);
                    if trimmed.len() < item.len() {
                        *item = Cow::Owned(trimmed.to_owned());
                    }
                }
                items.retain(|item| !item.is_empty());
                Some(items)
            }
        }
    }
}

fn is_bracketed(cell: &str) -> bool {
    cell.starts_with('[') && cell.ends_with(']')
}

/// How deep lists and objects may nest.
const MAX_DEPTH: usize = 16;

/// The unread rest of a JSON or Python literal.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// Reads a list of names, or of objects with a `name`, to the end of the text. Returns `None` for anything else.
    fn names(mut self) -> Option<Vec<Cow<'a, str>>> {
        let mut names = Vec::new();
        self.members('[', ']', |literal| {
            names.push(match literal.next()? {
                '{' => literal.name_of_object()?,
                _ => literal.string()?,
            });
            Some(())
        })?;
        self.0.is_empty().then_some(names)
    }

    /// Skips white space and returns the next character without reading it.
    fn next(&mut self) -> Option<char> {
        self.0 = self.0.trim_start_matches(is_blank);
        self.0.chars().next()
    }

    fn take(&mut self, expected: char) -> Option<()> {
        self.next()?;
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// Reads comma-separated members between `open` and `close`. A trailing comma is allowed.
    fn members(
        &mut self,
        open: char,
        close: char,
        mut member: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        while self.next()? != close {
            member(self)?;
            if self.next()? != close {
                self.take(',')?;
            }
        }
        self.take(close)
    }

    fn name_of_object(&mut self) -> Option<Cow<'a, str>> {
        let mut name = None;
        self.members('{', '}', |literal| {
            let key = literal.string()?;
            literal.take(':')?;
            match &*key {
                "name" => name = Some(literal.string()?),
                _ => literal.skip(MAX_DEPTH)?,
            }
            Some(())
        })?;
        name
    }

    /// Skips a value.
    fn skip(&mut self, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match self.next()? {
            '[' => self.members('[', ']', |literal| literal.skip(depth)),
            '{' => self.members('{', '}', |literal| {
                literal.string()?;
                literal.take(':')?;
                literal.skip(depth)
            }),
            '"' | '\'' => self.string().map(|_| ()),
            // A number or a word, such as true or None.
            _ => {
                let end = self.0.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))?;
                self.0 = &self.0[end..];
                (end > 0).then_some(())
            }
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        let quote = self.next().filter(|c| matches!(c, '"' | '\''))?;
        let text = &self.0[1..];
        let plain = text.find([quote, '\\'])?;
        if text[plain..].starts_with(quote) {
            self.0 = &text[plain + 1..];
            return Some(Cow::Borrowed(&text[..plain]));
        }
        let mut string = text[..plain].to_owned();
        let mut characters = text[plain..].chars();
        loop {
            match characters.next()? {
                '\\' => match characters.next()? {
                    'u' => string.push(utf16_escape(&mut characters)?),
                    'x' => string.push(char::from_u32(hexadecimal(&mut characters, 2)?)?),
                    'U' => string.push(char::from_u32(hexadecimal(&mut characters, 8)?)?),
                    'n' => string.push('\n'),
                    'r' => string.push('\r'),
                    't' => string.push('\t'),
                    'b' | 'f' => string.push(' '),
                    c => string.push(c),
                },
                c if c == quote => {
                    self.0 = characters.as_str();
                    return Some(Cow::Owned(string));
                }
                c => string.push(c),
            }
        }
    }
}

/// Reads four digits, or twice four for a surrogate pair.
fn utf16_escape(characters: &mut std::str::Chars) -> Option<char> {
    let first = hexadecimal(characters, 4)? as u16;
    if let Some(c) = char::from_u32(u32::from(first)) {
        return Some(c);
    }
    let mut rest = characters.as_str().strip_prefix("\\u")?.chars();
    let second = hexadecimal(&mut rest, 4)? as u16;
    *characters = rest;
    char::decode_utf16([first, second]).next()?.ok()
}

fn hexadecimal(characters: &mut std::str::Chars, digits: usize) -> Option<u32> {
    let text = characters.as_str().get(..digits)?;
    let number = u32::from_str_radix(text, 16).ok().filter(|_| !text.starts_with('+'))?;
    *characters = characters.as_str()[digits..].chars();
    Some(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn items(form: ListForm, cell: &str) -> Option<Vec<String>> {
        form.items(cell).map(|items| items.into_iter().map(Cow::into_owned).collect())
    }

    #[test]
    fn form_is_that_of_most_cells() {
        for (cells, form) in [
            (&[][..], ListForm::Commas),
            (&["", "Crime"], ListForm::Commas),
            (&["Crime", "Crime, Drama"], ListForm::Commas),
            (&["Crime", "Crime|Drama"], ListForm::Bars),
            (&["Spanish, Castilian", "French|English", "a|b"], ListForm::Bars),
            (&["a, b", "c, d", "e|f"], ListForm::Commas),
            (&["['Crime']", "[]", ""], ListForm::Brackets),
            (&["[{\"id\": 1, \"name\": \"Crime\"}]"], ListForm::Brackets),
            (&["[REC] Crew", "Ann"], ListForm::Commas),
        ] {
            assert_eq!(ListForm::of(cells.iter().copied()), form, "{cells:?}");
        }
    }

    #[test]
    fn items_are_trimmed_and_empty_ones_left_out() {
        assert_eq!(
            items(ListForm::Commas, "Crime,\u{a0}Drama, ,"),
            Some(vec!["Crime".into(), "Drama".into()])
        );
        assert_eq!(
            items(ListForm::Bars, "Spanish, Castilian | |French"),
            Some(vec!["Spanish, Castilian".into(), "French".into()])
        );
        assert_eq!(items(ListForm::Brackets, "['Crime ', '']"), Some(vec!["Crime".into()]));
        for form in [ListForm::Commas, ListForm::Bars, ListForm::Brackets] {
            assert_eq!(items(form, ""), Some(vec![]));
        }
    }

    #[test]
    fn cell_of_another_form_is_no_list() {
        for (form, cell) in [
            (ListForm::Commas, "['Crime']"),
            (ListForm::Commas, "Crime|Drama"),
            (ListForm::Bars, "['Crime']"),
            (ListForm::Brackets, "Crime, Drama"),
            (ListForm::Brackets, "['Crime'"),
            (ListForm::Brackets, "['Crime' 'Drama']"),
            (ListForm::Brackets, "[1, 2]"),
            (ListForm::Brackets, "[{'id': 1}]"),
            (ListForm::Brackets, "[[]]"),
            (ListForm::Brackets, "['a\\ud83c']"),
            (ListForm::Brackets, "['a'] b"),
            (ListForm::Brackets, "[,]"),
        ] {
            assert_eq!(items(form, cell), None, "{cell}");
        }
    }

    #[test]
    fn brackets_hold_literals_of_json_and_python() {
        for (cell, expected) in [
            ("[]", vec![]),
            ("[ ]", vec![]),
            (r#"["Crime", "Drama"]"#, vec!["Crime", "Drama"]),
            ("['Crime', 'Drama',]", vec!["Crime", "Drama"]),
            (r#"["O'Neill", 'The "Rock"']"#, vec!["O'Neill", "The \"Rock\""]),
            (r"['O\'Neill', 'a\\b']", vec!["O'Neill", "a\\b"]),
            (r#"["L\u00e9a", "\ud83c\udfac"]"#, vec!["Léa", "🎬"]),
            (r"['L\xe9a', '\U0001f3ac']", vec!["Léa", "🎬"]),
            (r#"[{"id": 28, "name": "Action"}, {"name": "War", "id": null}]"#, vec!["Action", "War"]),
            (
                "[{'cast_id': 14, 'order': [1, {'a': None}], 'gender': True, 'name': 'Tom Hanks'}]",
                vec!["Tom Hanks"],
            ),
        ] {
            let expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
            assert_eq!(items(ListForm::Brackets, cell), Some(expected), "{cell}");
        }
        let deep = format!("[{{'a': {}{}, 'name': 'b'}}]", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(items(ListForm::Brackets, &deep), None);
    }

    proptest! {
        #[test]
        fn names_written_as_json_are_read(names in prop::collection::vec("\\PC{1,8}", 0..5)) {
            let json = serde_json::json!(names).to_string();
            let expected: Vec<_> = names.iter().map(|name| name.trim_matches(is_blank).to_owned()).filter(|name| !name.is_empty()).collect();
            prop_assert_eq!(items(ListForm::Brackets, &json), Some(expected));
        }

        #[test]
        fn any_cell_is_a_list_or_none(cell in "\\[([\\[\\]{}:,'\"\\\\ nux01]|name|'a'|é){0,40}\\]") {
            let _ = items(ListForm::Brackets, &cell);
        }
    }
}
