//! The URL of a database, as PostgreSQL's programs and sqlx read it.

use percent_encoding::percent_decode_str;

use crate::problem::{Problem, Result};

/// A URL with its parts, as they are written.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    text: String,
    scheme: &'static str,
    /// The user and the password before the `@`.
    login: Option<String>,
    /// The host and the port.
    server: String,
    /// With the slash before it.
    path: String,
    /// With the question mark before it.
    query: String,
}

impl DatabaseUrl {
    /// Reads a URL. Fails if its scheme is not that of PostgreSQL, or if libpq and sqlx would read another login.
    pub fn parse(text: &str) -> Result<Self> {
        let scheme = ["postgres://", "postgresql://"].into_iter().find(|scheme| text.starts_with(scheme));
        let scheme = scheme.ok_or_else(|| {
            Problem::new("DATABASE_URL is not of the form postgres://user:password@host:port/database.")
        })?;
        let (address, query) = split_before(&text[scheme.len()..], &['?']);
        let (authority, path) = split_before(address, &['/']);
        if text.contains('#') || !authority.contains('@') && text.contains('@') {
            return Err(Problem::new(
                "DATABASE_URL has a special character; write # as %23, / as %2F, ? as %3F and @ as %40 in the password.",
            ));
        }
        let (login, server) = match authority.rsplit_once('@') {
            Some((login, server)) => (Some(login.to_owned()), server),
            None => (None, authority),
        };
        let [server, path, query] = [server, path, query].map(str::to_owned);
        Ok(Self { text: text.to_owned(), scheme, login, server, path, query })
    }

    /// Returns the name of the database.
    pub fn database(&self) -> String {
        decoded(self.path.trim_start_matches('/'))
    }

    /// Returns the URL of another database on the same server.
    pub fn with_database(&self, name: &str) -> Self {
        let path = format!("/{name}");
        let login = self.login.as_ref().map(|login| format!("{login}@")).unwrap_or_default();
        let text = format!("{}{login}{}{path}{}", self.scheme, self.server, self.query);
        Self { text, path, ..self.clone() }
    }

    /// Returns the password, or an empty text without one. One in the query replaces that of the login, as in libpq.
    pub fn password(&self) -> String {
        let of_query = self.parameters().filter_map(password_in).next_back();
        let of_login =
            self.login.as_ref().and_then(|login| login.split_once(':')).map(|(_, password)| password);
        decoded(of_query.or(of_login).unwrap_or_default())
    }

    /// Returns the URL without its passwords, for a command line.
    pub fn without_password(&self) -> String {
        let user = self.login.as_ref().and_then(|login| login.split(':').next());
        let user = user.map(|user| format!("{user}@")).unwrap_or_default();
        let parameters: Vec<_> =
            self.parameters().filter(|parameter| password_in(parameter).is_none()).collect();
        let mark = if parameters.is_empty() { "" } else { "?" };
        format!("{}{user}{}{}{mark}{}", self.scheme, self.server, self.path, parameters.join("&"))
    }

    fn parameters(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.query.trim_start_matches('?').split('&').filter(|parameter| !parameter.is_empty())
    }
}

impl AsRef<str> for DatabaseUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

fn split_before<'a>(text: &'a str, marks: &[char]) -> (&'a str, &'a str) {
    text.split_at(text.find(marks).unwrap_or(text.len()))
}

/// Returns the value of a parameter of a query if it is the password.
fn password_in(parameter: &str) -> Option<&str> {
    parameter.split_once('=').filter(|(name, _)| decoded(name) == "password").map(|(_, value)| value)
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_has_name_and_password_without_percent_signs() {
        let url = DatabaseUrl::parse("postgres://ann:a%40b@[::1]:5433/my%20db?sslmode=require").unwrap();
        assert_eq!((url.database().as_str(), url.password().as_str()), ("my db", "a@b"));
        assert_eq!(url.without_password(), "postgres://ann@[::1]:5433/my%20db?sslmode=require");
        let other = url.with_database("postgres");
        assert_eq!(other.as_ref(), "postgres://ann:a%40b@[::1]:5433/postgres?sslmode=require");
        assert_eq!(other.database(), "postgres");
    }

    #[test]
    fn password_of_query_is_not_shown_either() {
        let url =
            DatabaseUrl::parse("postgres://localhost/a?user=ann&password=b%26c&sslmode=require").unwrap();
        assert_eq!(url.password(), "b&c");
        assert_eq!(url.without_password(), "postgres://localhost/a?user=ann&sslmode=require");
        let both = DatabaseUrl::parse("postgres://ann:a@localhost/a?password=b").unwrap();
        assert_eq!(
            (both.password().as_str(), both.without_password().as_str()),
            ("b", "postgres://ann@localhost/a")
        );
        let encoded = DatabaseUrl::parse("postgres://localhost/a?passwor%64=b").unwrap();
        assert_eq!((&*encoded.password(), &*encoded.without_password()), ("b", "postgres://localhost/a"));
    }

    #[test]
    fn url_needs_neither_login_nor_path() {
        for text in ["postgresql://localhost", "postgres://localhost?user=ann", "postgres://ann@localhost/"] {
            let url = DatabaseUrl::parse(text).unwrap();
            assert_eq!((url.database().as_str(), url.password().as_str()), ("", ""), "{text}");
            assert_eq!(url.without_password(), text);
        }
        let other = DatabaseUrl::parse("postgres://localhost?user=ann").unwrap().with_database("a");
        assert_eq!(other.as_ref(), "postgres://localhost/a?user=ann");
    }

    #[test]
    fn rejects_passwords_that_would_end_early() {
        for password in ["s3#cret", "s3/cret", "s3?cret"] {
            let problem = DatabaseUrl::parse(&format!("postgres://ann:{password}@localhost/a")).unwrap_err();
            let problem = problem.to_string();
            assert!(problem.starts_with("DATABASE_URL has a special character; write # as %23"), "{problem}");
            assert!(!problem.contains("cret"));
        }
        let url = DatabaseUrl::parse("postgres://ann:s%233%2Fc%3Fr@et@localhost/a").unwrap();
        assert_eq!(
            (&*url.password(), &*url.without_password()),
            ("s#3/c?r@et", "postgres://ann@localhost/a")
        );
    }

    #[test]
    fn rejects_urls_of_other_servers() {
        for text in ["", "mysql://localhost/a", "localhost/a"] {
            let problem = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(problem.starts_with("DATABASE_URL is not of the form"), "{problem}");
        }
    }
}
