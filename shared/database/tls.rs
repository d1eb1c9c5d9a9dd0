//! The TLS mode of the connection to the database.

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use super::authorities;
use crate::config::{self, ConfigError};

/// The names of `sslmode` in a connection URL, as sqlx reads them.
const MODE_PARAMETERS: [&str; 2] = ["sslmode=", "ssl-mode="];

/// The weakest TLS mode that `DATABASE_TLS` allows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tls {
    /// TLS with a certificate of a trusted authority for the host's name. The default.
    VerifyFull,
    /// TLS if the server offers it, with any certificate. For development.
    Prefer,
    /// No TLS. For a server on the same machine or private network.
    Disable,
}

impl Tls {
    /// Reads `DATABASE_TLS`: `verify-full` (the default), `prefer` or `disable`. Fails for any other value.
    pub fn read() -> Result<Self, ConfigError> {
        Self::parse(config::optional("DATABASE_TLS").as_deref())
    }

    fn parse(setting: Option<&str>) -> Result<Self, ConfigError> {
        match setting {
            None | Some("verify-full") => Ok(Self::VerifyFull),
            Some("prefer") => Ok(Self::Prefer),
            Some("disable") => Ok(Self::Disable),
            Some(_) => Err(ConfigError::new("DATABASE_TLS", "must be verify-full, prefer or disable")),
        }
    }

    /// Applies this mode and the trusted authorities to `options`. Fails as [`authorities::trusted`] does.
    pub fn apply(self, options: PgConnectOptions) -> Result<PgConnectOptions, ConfigError> {
        let options = match self {
            Self::VerifyFull => options.ssl_mode(PgSslMode::VerifyFull),
            Self::Prefer => options.ssl_mode(PgSslMode::Prefer),
            Self::Disable => return Ok(options.ssl_mode(PgSslMode::Disable)),
        };
        self.trust(options)
    }

    /// Applies the mode in the connection `url` of `variable` to `options`, or this mode if the URL has none. Fails if
    /// the URL's mode is weaker than `DATABASE_TLS` allows, and as [`Self::apply`] does.
    pub fn apply_to_url(
        self,
        variable: &'static str,
        url: &str,
        options: PgConnectOptions,
    ) -> Result<PgConnectOptions, ConfigError> {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if !query.split('&').any(|pair| MODE_PARAMETERS.iter().any(|name| pair.starts_with(name))) {
            return self.apply(options);
        }
        if self == Self::VerifyFull && !matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
            return Err(ConfigError::new(
                variable,
                "asks for a weaker sslmode than verify-full, which DATABASE_TLS must allow",
            ));
        }
        self.trust(options)
    }

    fn trust(self, options: PgConnectOptions) -> Result<PgConnectOptions, ConfigError> {
        let authorities = match authorities::trusted(options.get_host()) {
            Err(_) if self != Self::VerifyFull => String::new(),
            trusted => trusted?,
        };
        Ok(if authorities.is_empty() {
            options
        } else {
            options.ssl_root_cert_from_pem(authorities.into_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(setting: Option<&str>, url: &str) -> Result<String, String> {
        let tls = Tls::parse(setting).map_err(|error| error.to_string())?;
        let options =
            tls.apply_to_url("DATABASE_URL", url, url.parse().unwrap()).map_err(|error| error.to_string())?;
        Ok(format!("{:?}", options.get_ssl_mode()))
    }

    #[test]
    fn url_without_sslmode_uses_tls_setting() {
        for (setting, expected) in [
            (None, "VerifyFull"),
            (Some("verify-full"), "VerifyFull"),
            (Some("prefer"), "Prefer"),
            (Some("disable"), "Disable"),
        ] {
            for url in ["postgres://ann@localhost/movies", "postgres://ann@localhost/movies?options=a"] {
                assert_eq!(mode(setting, url).as_deref(), Ok(expected), "{setting:?} {url}");
            }
        }
    }

    #[test]
    fn weaker_sslmode_in_url_requires_setting() {
        let url = |mode| format!("postgres://ann@localhost/movies?application_name=a&sslmode={mode}");
        for weaker in ["disable", "allow", "prefer", "require", "verify-ca"] {
            for strict in [None, Some("verify-full")] {
                let error = mode(strict, &url(weaker)).unwrap_err();
                assert!(error.starts_with("DATABASE_URL asks for a weaker sslmode"), "{error}");
            }
            assert!(mode(Some("prefer"), &url(weaker)).is_ok());
        }
        assert_eq!(mode(None, &url("verify-full")).as_deref(), Ok("VerifyFull"));
        assert_eq!(mode(Some("disable"), &url("verify-full")).as_deref(), Ok("VerifyFull"));
        assert!(mode(None, "postgres://ann@localhost/m?ssl-mode=require").is_err());
    }

    #[test]
    fn unknown_tls_setting_is_rejected() {
        for setting in ["require", "Verify-Full", "off"] {
            let error = Tls::parse(Some(setting)).unwrap_err().to_string();
            assert_eq!(error, "DATABASE_TLS must be verify-full, prefer or disable");
        }
    }
}
