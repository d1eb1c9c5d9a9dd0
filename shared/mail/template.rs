//! The mail templates: a subject, and the same text as plain text and as HTML.

use minijinja::{AutoEscape, Environment, Output, State, Value, context, escape_formatter};
use secrecy::ExposeSecret;

use super::{Mail, MailKind};
use crate::{
    config::{self, ConfigError},
    http::escaped,
};

const TEMPLATES: [(&str, &str); 15] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("activation.html", include_str!("templates/activation.html")),
    ("activation.txt", include_str!("templates/activation.txt")),
    ("activation_resend.html", include_str!("templates/activation_resend.html")),
    ("activation_resend.txt", include_str!("templates/activation_resend.txt")),
    ("password_reset.html", include_str!("templates/password_reset.html")),
    ("password_reset.txt", include_str!("templates/password_reset.txt")),
    ("password_changed.html", include_str!("templates/password_changed.html")),
    ("password_changed.txt", include_str!("templates/password_changed.txt")),
    ("email_change.html", include_str!("templates/email_change.html")),
    ("email_change.txt", include_str!("templates/email_change.txt")),
    ("email_change_requested.html", include_str!("templates/email_change_requested.html")),
    ("email_change_requested.txt", include_str!("templates/email_change_requested.txt")),
    ("account_deleted.html", include_str!("templates/account_deleted.html")),
    ("account_deleted.txt", include_str!("templates/account_deleted.txt")),
];

/// A rendered mail, ready to be sent.
pub struct RenderedMail {
    /// The subject line.
    pub subject: &'static str,
    /// The plain text.
    pub text: String,
    /// The same text as HTML.
    pub html: String,
}

/// Renders mails.
pub struct MailTemplates {
    public_url: String,
    templates: Environment<'static>,
}

impl MailTemplates {
    /// Reads `PUBLIC_URL`, the site that the links open, such as `https://movies.example.com`. Fails if it is
    /// missing, is not an HTTP URL, or has a query or a fragment.
    pub fn start() -> Result<Self, ConfigError> {
        let public_url = config::base_url("PUBLIC_URL", &config::required("PUBLIC_URL")?)?;
        let mut templates = Environment::new();
        templates.set_formatter(format);
        for (name, text) in TEMPLATES {
            templates.add_template(name, text).expect("the templates are part of the executable");
        }
        Ok(Self { public_url, templates })
    }

    /// Renders `mail`. Fails if the template engine fails.
    pub fn render(&self, mail: &Mail) -> Result<RenderedMail, minijinja::Error> {
        let (name, subject, page) = match mail.kind {
            MailKind::Activation => ("activation", "Activate your Movie Theater account", "activate"),
            MailKind::ActivationResend => {
                ("activation_resend", "Choose a password for your Movie Theater account", "activate")
            }
            MailKind::PasswordReset => {
                ("password_reset", "Reset your Movie Theater password", "reset-password")
            }
            MailKind::PasswordChanged => {
                ("password_changed", "Your Movie Theater password was changed", "reset-password")
            }
            MailKind::EmailChange => ("email_change", "Confirm your new Movie Theater address", "account"),
            MailKind::EmailChangeRequested => {
                ("email_change_requested", "Another address for your Movie Theater account", "reset-password")
            }
            MailKind::AccountDeleted => ("account_deleted", "Your Movie Theater account was deleted", ""),
        };
        let token = mail.token.as_ref().map_or("", |token| token.expose_secret());
        let mut link = format!("{}/{page}/", self.public_url);
        if !token.is_empty() {
            // The token is in the fragment, which browsers do not send to the server, so that no log contains
            // it.
            // With `choose` the page asks for a password.
            let choice =
                if matches!(mail.kind, MailKind::ActivationResend) { "choose=password&" } else { "" };
            link.push_str(&format!("#{choice}email={}&token={}", escaped(&mail.email), escaped(token)));
        }
        let lifetime = mail.expires_at.map(|end| in_words((end - mail.created_at).as_seconds_f64() / 60.0));
        let values = context! { link, token, lifetime };
        let render = |format| self.templates.get_template(&format!("{name}.{format}"))?.render(&values);
        Ok(RenderedMail { subject, text: render("txt")?, html: render("html")? })
    }
}

/// Writes `value` into a mail, escaped if the template is HTML.
///
/// The engine's own escaping also replaces slashes, which some mail clients and link trackers do not resolve
/// in an `href`. Text and quoted attributes need escapes for only
/// [five characters](https://html.spec.whatwg.org/multipage/syntax.html#syntax-attributes).
fn format(output: &mut Output, state: &mut State, value: &Value) -> Result<(), minijinja::Error> {
    let text = match (state.auto_escape(), value.as_str()) {
        (AutoEscape::Html, Some(text)) if !value.is_safe() => text,
        _ => return escape_formatter(output, state, value),
    };
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, from) = rest.split_at(at);
        output.write_str(before)?;
        output.write_str(match from.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#39;",
        })?;
        rest = &from[1..];
    }
    Ok(output.write_str(rest)?)
}

/// Returns a time in whole minutes as `24 hours` or `90 minutes`.
fn in_words(minutes: f64) -> String {
    let minutes = minutes.round() as i64;
    match (minutes, minutes % 60) {
        (60, _) => "1 hour".into(),
        (_, 0) => format!("{} hours", minutes / 60),
        (1, _) => "1 minute".into(),
        _ => format!("{minutes} minutes"),
    }
}
