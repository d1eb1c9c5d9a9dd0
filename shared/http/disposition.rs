//! The header `Content-Disposition` of a part of a form
//! ([RFC 7578, section 4.2](https://www.rfc-editor.org/rfc/rfc7578#section-4.2)).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The parameters of the header. Their names ignore case, and the last of a repeated one counts.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Disposition<'a> {
    /// The field.
    pub name: Option<Cow<'a, str>>,
    /// The name of the file, if the part is one.
    pub file_name: Option<Cow<'a, str>>,
}

impl<'a> Disposition<'a> {
    pub fn parse(header: &'a str) -> Self {
        let mut disposition = Self::default();
        let (_, mut rest) = split(header);
        while !rest.is_empty() {
            let parameter;
            (parameter, rest) = split(rest);
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let (name, value) = (name.trim(), value.trim());
            if name.eq_ignore_ascii_case("name") {
                disposition.name = Some(unquoted(value));
            } else if name.eq_ignore_ascii_case("filename") {
                disposition.file_name = Some(unquoted(value));
            } else if name.eq_ignore_ascii_case("filename*") {
                // RFC 8187: a charset, a language and the name. RFC 7578 forbids it, and some clients send it.
                let encoded = value.rsplit('\'').next().unwrap_or_default();
                disposition.file_name = Some(percent_decode_str(encoded).decode_utf8_lossy());
            }
        }
        disposition
    }
}

/// Splits at the first semicolon outside of quotes.
fn split(text: &str) -> (&str, &str) {
    let (mut is_quoted, mut is_escaped) = (false, false);
    for (index, char) in text.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ';' if !is_quoted => return (&text[..index], &text[index + 1..]),
            _ => {}
        }
    }
    (text, "")
}

/// Returns a value without its quotes and their escapes. A backslash before another character stays, because browsers
/// escape none, not even those of a path.
fn unquoted(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(quoted) if quoted.contains('\\') => quoted.replace(r"\\", r"\").replace(r#"\""#, "\"").into(),
        Some(quoted) => quoted.into(),
        None => value.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_in_any_case_order_and_quoting() {
        for (header, name, file_name) in [
            (r#"form-data; name="info""#, Some("info"), None),
            (r#"FORM-DATA;NAME = info ; FileName=a.png"#, Some("info"), Some("a.png")),
            (
                r#"form-data; filename="a; name=info; b.png"; name="avatar""#,
                Some("avatar"),
                Some("a; name=info; b.png"),
            ),
            (r#"form-data; name="avatar"; xfilename="a.png""#, Some("avatar"), None),
            (r#"form-data; name="a"; name="b"; filename"#, Some("b"), Some("")),
            (r#"form-data; name="avatar"; filename="a\"b\\c.png""#, Some("avatar"), Some(r#"a"b\c.png"#)),
            (r#"form-data; name="avatar"; filename="C:\x\y.png""#, Some("avatar"), Some(r"C:\x\y.png")),
            (r#"form-data; name="avatar"; filename*=utf-8''%e2%82%ac.png"#, Some("avatar"), Some("€.png")),
            (r#"form-data; name="né""#, Some("né"), None),
            (r#"form-data; name="info"#, Some("\"info"), None),
            (r#"form-data; name="""#, Some(""), None),
            (r#"form-data; name="#, Some(""), None),
            (r#"name="info""#, None, None),
            (";;=;", None, None),
            ("", None, None),
        ] {
            let expected = Disposition { name: name.map(Cow::from), file_name: file_name.map(Cow::from) };
            assert_eq!(Disposition::parse(header), expected, "{header}");
        }
    }
}
