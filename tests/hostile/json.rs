//! JSON as text allows it: repeated members, numbers of any size, escapes that mean nothing.

use serde_json::Value;

/// A JSON text that can be taken apart where it need not make sense.
#[derive(Clone, Debug)]
pub enum Json {
    /// Any text, of a scalar or of whatever else stands in its place.
    Raw(String),
    /// An array.
    Array(Vec<Json>),
    /// An object: its members in order, their names with quotes.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// A string.
    pub fn text(text: &str) -> Self {
        Self::Raw(quoted(text))
    }

    /// An object of these members.
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

    /// How many values there are, this one included.
    pub fn count(&self) -> usize {
        1 + match self {
            Self::Raw(_) => 0,
            Self::Array(items) => items.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.count()).sum(),
        }
    }

    /// The value `index` in the order of the text, with the name of the member that it is in.
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

    /// The text.
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

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
