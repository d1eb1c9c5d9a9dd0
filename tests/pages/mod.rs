//! Tests of the pages in a browser.

mod account;
mod activation;
mod catalogue;
mod delivery;
mod docs;
mod password_reset;

use std::{env, fs, sync::Arc};

use serde_json::json;
use tempfile::TempDir;

use crate::support::{
    App,
    browser::Browser,
    site::{Site, SiteAddress},
};

/// Saves a screenshot as `<name>.png` in the folder `SCREENSHOTS`, if that is set.
async fn picture(browser: &mut Browser, name: &str) {
    if let Some(folder) = env::var_os("SCREENSHOTS") {
        let file = xtask::root().join(folder).join(name).with_extension("png");
        fs::write(file, browser.screenshot().await).expect("the folder is there");
    }
}

/// An API at an address of its own, whose mail goes into a folder.
struct Theater {
    app: Arc<App>,
    site: Site,
    mail: TempDir,
}

impl Theater {
    async fn start() -> Self {
        Self::with_settings(&[]).await
    }

    async fn with_settings(settings: &[(&str, &str)]) -> Self {
        let mail = tempfile::tempdir().unwrap();
        let place = SiteAddress::stage().await;
        let app = App::builder()
            .env("MAIL_URL", &format!("file:{}", mail.path().display()))
            .env("MAIL_FROM", "Movie Theater <no-reply@movies.example>")
            .env("PUBLIC_URL", &place.url);
        let app = settings.iter().fold(app, |app, (name, value)| app.env(name, value)).start().await;
        let app = Arc::new(app);
        Self { site: place.serve(&app), app, mail }
    }

    /// Returns the URL of a page.
    fn page(&self, path: &str) -> String {
        format!("{}/{path}", self.site.url)
    }

    /// Sends the only queued mail and returns the link in it.
    async fn mailed_link(&self) -> String {
        let sent = self.app.invoke("SendMail", json!({})).await.expect("mail is sent");
        assert_eq!(sent["sent"], 1, "{sent}");
        self.sent_link("")
    }

    /// Removes the mails that were sent, and returns the link in the one whose recipient begins with `address`.
    fn sent_link(&self, address: &str) -> String {
        let files = fs::read_dir(self.mail.path()).unwrap().map(|file| file.unwrap().path());
        let mails: Vec<_> = files
            .map(|file| {
                let mail = fs::read_to_string(&file).unwrap();
                fs::remove_file(file).unwrap();
                mail
            })
            .collect();
        let mail = mails.iter().find(|mail| mail.contains(&format!("\nTo: {address}")));
        let mail = mail.unwrap_or_else(|| panic!("no mail was sent to {address}: {mails:?}"));
        let link = mail.split_whitespace().find(|word| word.starts_with(&self.site.url));
        link.unwrap_or_else(|| panic!("the mail has no link: {mail}")).to_owned()
    }

    /// Asserts that the browser has no errors, sent no requests to other hosts, and requested no URL with a secret of a
    /// link.
    fn assert_content(&self, browser: &Browser) {
        assert_eq!(browser.console_errors(), [""; 0]);
        let origin = self.page("").replace("/v1/", "/");
        for url in browser.requested() {
            assert!(url.starts_with(&origin) || url.starts_with("data:"), "{url}");
            // The beginning of every access and refresh token.
            assert!(!url.contains("token") && !url.contains("eyJ"), "{url}");
        }
    }
}
