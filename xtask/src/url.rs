//! The URL of a database, as PostgreSQL's programs and sqlx read it.

use percent_encoding::percent_decode_str;

use crate::problem::{Problem, Result};

/// A URL with its parts.
#[derive(Clone, Debug)]
pub struct DatabaseUrl {
    text: String,
    /// Where the path begins and ends.
    path: (usize, usize),
    /// As it is written, with percent signs.
    password: Option<String>,
}

impl DatabaseUrl {
    /// Reads a URL. Fails if its scheme is not that of PostgreSQL.
    pub fn parse(text: &str) -> Result<Self> {
        let rest = ["postgres://", "postgresql://"].iter().find_map(|scheme| text.strip_prefix(scheme));
        let rest = rest.ok_or_else(|| {
            Problem::new("DATABASE_URL is not of the form postgres://user:password@host:port/database.")
        })?;
        let start = text.len() - rest.len();
        let path = rest.find(['/', '?', '#']).map_or(text.len(), |at| start + at);
        let end = text[path..].find(['?', '#']).map_or(text.len(), |at| path + at);
        let login = text[start..path].rsplit_once('@').map_or("", |(login, _)| login);
        let password = login.split_once(':').map(|(_, password)| password.to_owned());
        Ok(Self { text: text.to_owned(), path: (path, end), password })
    }

    /// Returns the name of the database.
    pub fn database(&self) -> String {
        let path = &self.text[self.path.0..self.path.1];
        percent_decode_str(path.trim_start_matches('/')).decode_utf8_lossy().into_owned()
    }

    /// Returns the URL of another database on the same server.
    pub fn with_database(&self, name: &str) -> Self {
        let text = format!("{}/{name}{}", &self.text[..self.path.0], &self.text[self.path.1..]);
        let path = (self.path.0, self.path.0 + 1 + name.len());
        Self { text, path, password: self.password.clone() }
    }

    /// Returns the password.
    pub fn password(&self) -> String {
        let password = self.password.as_deref().unwrap_or_default();
        percent_decode_str(password).decode_utf8_lossy().into_owned()
    }

    /// Returns the URL without its password, for a command line.
    pub fn without_password(&self) -> String {
        let password = self.password.as_ref().map(|password| format!(":{password}@"));
        password.map_or_else(|| self.text.clone(), |password| self.text.replacen(&password, "@", 1))
    }
}

impl AsRef<str> for DatabaseUrl {
    fn as_ref(&self) -> &str {
        &self.text
    }
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
    fn rejects_urls_of_other_servers() {
        for text in ["", "mysql://localhost/a", "localhost/a"] {
            let problem = DatabaseUrl::parse(text).unwrap_err().to_string();
            assert!(problem.starts_with("DATABASE_URL is not of the form"), "{problem}");
        }
    }
}
