//! Sets the variables of local functions that a deployment sets on AWS, unless they are set already.

use crate::{
    files::{kept_secrets, local},
    problem::Result,
    variable::variable,
};

/// Returns the variables for functions on `port`; without a URL, the variables of the database stay. Fails if the kept
/// keys are not readable.
pub fn environment(port: u16, database_url: Option<&str>) -> Result<Vec<(&'static str, String)>> {
    let [access_key, refresh_key] = kept_secrets("keys")?;
    let folder = |name| format!("file:{}", local(name).display());
    let mut variables = vec![
        ("LOG_FORMAT", "text".to_owned()),
        // The local server has no certificate. The sslmode in DATABASE_URL can require more.
        ("DATABASE_TLS", "prefer".to_owned()),
        ("SECRET_KEY_ACCESS", access_key),
        ("SECRET_KEY_REFRESH", refresh_key),
        ("MAIL_URL", folder("mail")),
        ("MAIL_FROM", "Movie Theater <no-reply@localhost>".to_owned()),
        ("PUBLIC_URL", format!("http://localhost:{port}")),
        ("STORAGE_URL", folder("storage")),
        ("MEDIA_URL", format!("http://localhost:{port}/media")),
        ("SEND_MAIL_FUNCTION", "send_mail".to_owned()),
        ("AWS_ENDPOINT_URL_LAMBDA", format!("http://127.0.0.1:{port}")),
        ("INVOCATION_KEY", invocation_key()?),
    ];
    variables.retain(|(name, _)| variable(name).is_none());
    variables.push(("NO_COLOR", "1".to_owned()));
    variables.extend(database_url.map(|url| ("DATABASE_URL", url.to_owned())));
    Ok(variables)
}

/// Returns the key that events need, because any page in a local browser can send events to the port. Fails if the kept
/// key is not readable.
pub fn invocation_key() -> Result<String> {
    match variable("INVOCATION_KEY") {
        Some(key) => Ok(key),
        None => kept_secrets("invocation-key").map(|[key]| key),
    }
}
