//! Very large JSON values, in the shapes that cost a parser most.

/// A shape, and a function that makes a JSON text of at most this many bytes.
pub type Giant = (&'static str, fn(usize) -> String);

/// All shapes.
pub const GIANTS: [Giant; 19] = [
    ("tokens", |size| list(size, r#"{"token":0}"#)),
    ("lists", |size| list(size, "[]")),
    ("objects", |size| list(size, "{}")),
    ("numbers", |size| list(size, "0")),
    ("decimals", |size| list(size, "1.5")),
    ("empty texts", |size| list(size, r#""""#)),
    ("texts", |size| list(size, r#""ß""#)),
    ("different texts", |size| counted(size, "[", "]", |number| format!("\"{number:x}\""))),
    ("members", |size| counted(size, "{", "}", |number| format!("\"{number:x}\":0"))),
    ("one member repeated", |size| fill(size, "{", r#""a":0,"#, r#""a":0}"#)),
    ("one password repeated", |size| fill(size, "{", r#""password":"x","#, r#""password":"x"}"#)),
    ("quotes", |size| fill(size, "\"", r#"\""#, "\"")),
    ("control characters", |size| fill(size, "\"", r"\u0001", "\"")),
    ("line breaks", |size| fill(size, "\"", r"\n", "\"")),
    ("letters", |size| fill(size, "\"", "a", "\"")),
    // NFC makes three of one, which are twelve bytes of four.
    ("growing letters", |size| fill(size, "\"", "\u{1d160}", "\"")),
    ("digits", |size| fill(size, "", "7", "7")),
    ("nested lists", |size| format!("{}{}", "[".repeat(size / 2), "]".repeat(size / 2))),
    ("nested objects", |size| fill(size, "", r#"{"a":"#, "0")),
];

/// Returns an array of as many `item`s as fit.
fn list(size: usize, item: &str) -> String {
    fill(size, "[", &format!("{item},"), &format!("{item}]"))
}

fn fill(size: usize, start: &str, piece: &str, end: &str) -> String {
    let times = size.saturating_sub(start.len() + end.len()) / piece.len();
    format!("{start}{}{end}", piece.repeat(times))
}

fn counted(size: usize, start: &str, end: &str, piece: fn(usize) -> String) -> String {
    let mut text = start.to_owned();
    for number in 1.. {
        let next = piece(number);
        if text.len() + next.len() + 1 + end.len() > size {
            break;
        }
        text.push_str(if number == 1 { "" } else { "," });
        text.push_str(&next);
    }
    text + end
}
