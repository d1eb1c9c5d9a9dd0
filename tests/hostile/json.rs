//! JSON in every form that text allows: repeated members, numbers of any size, meaningless escapes.

use serde_json::Value;

/// A JSON text whose parts can be changed, also to something invalid.
#[derive(Clone, Debug)]
pub enum Json {
    /// Any text: a scalar, or something invalid.
    Raw(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in order, their names with quotes.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns a string.
    pub fn text(text: &str) -> Self {
        Self::Raw(quoted(text))
    }

    /// Returns an object with these members.
    pub fn object(members: Vec<(&str, Self)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (quoted(name), value)).collect())
    }

    /// Sets a member by its name without quotes.
    pub fn set(&mut self, name: &str, value: Self) {
        let Self::Object(members) = self else { return };
        let name = quoted(name);
        match members.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => members.push((name, value)),
        }
    }

    /// Returns the number of values, including this one.
    pub fn count(&self) -> usize {
        1 + match self {
            Self::Raw(_) => 0,
            Self::Array(items) => items.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// Returns the value `index` in the order of the text, with the name of its member.
    pub fn value(&mut self, mut index: usize) -> Option<(&str, &mut Self)> {
        self.find("", &mut index)
    }

    fn find<'a>(&'a mut self, name: &'a str, left: &mut usize) -> Option<(&'a str, &'a mut Self)> {
        if *left == 0 {
            return Some((name.trim_matches('"'), self));
        }
        *left -= 1;
        match self {
            Self::Raw(_) => None,
            Self::Array(items) => items.iter_mut().find_map(|item| item.find(name, left)),
            Self::Object(members) => members.iter_mut().find_map(|(name, value)| value.find(name, left)),
        }
    }

    /// Calls `note` with the text of every string below a member whose name is in `names`.
    pub fn texts_of(&self, is_of: fn(&str) -> bool, note: &mut impl FnMut(String)) {
        self.walk(false, is_of, note);
    }

    fn walk(&self, inside: bool, is_of: fn(&str) -> bool, note: &mut impl FnMut(String)) {
        match self {
            Self::Raw(text) if inside => {
                if let Ok(text) = serde_json::from_str(text) {
                    note(text);
                }
            }
            Self::Raw(_) => {}
            Self::Array(items) => items.iter().for_each(|item| item.walk(inside, is_of, note)),
            Self::Object(members) => {
                for (name, value) in members {
                    value.walk(inside || is_of(name.trim_matches('"')), is_of, note);
                }
            }
        }
    }

    /// Returns the text.
    pub fn write(&self) -> String {
        let mut text = String::new();
        self.write_to(&mut text);
        text
    }

    fn write_to(&self, text: &mut String) {
        match self {
            Self::Raw(raw) => text.push_str(raw),
            Self::Array(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    item.write_to(text);
                }
                text.push(']');
            }
            Self::Object(members) => {
                text.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    text.push_str(if index == 0 { "" } else { "," });
                    text.push_str(name);
                    text.push(':');
                    value.write_to(text);
                }
                text.push('}');
            }
        }
    }
}

impl From<&Value> for Json {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (quoted(name), value.into())).collect())
            }
            scalar => Self::Raw(scalar.to_string()),
        }
    }
}

/// Returns a text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
