//! The page for one's account.

mod appearance;
mod movies;
mod personal_data;
mod profile;
mod renewal;
mod security;
mod sessions;
mod sign_in;
mod users;

use super::*;
use crate::support::accounts::{self, PASSWORD};

const EMAIL: &str = "reader@example.com";

/// Starts a site with an active account and no queued mail.
async fn theater_with_reader(settings: &[(&str, &str)]) -> Theater {
    let theater = Theater::with_settings(settings).await;
    accounts::active(&theater.app, EMAIL).await;
    let mut db = theater.app.db().await;
    sqlx::query("DELETE FROM mail_outbox").execute(&mut db).await.unwrap();
    theater
}

/// Puts the reader into a group.
async fn grant(theater: &Theater, group: &str) {
    let command = json!({"command": "grant", "email": EMAIL, "group": group});
    theater.app.invoke("Manage", command).await.expect("the group is granted");
}

/// Opens a view of the page and signs in there as the reader.
async fn sign_in(browser: &mut Browser, theater: &Theater, view: &str) {
    browser.open(&theater.page(&format!("account/{view}"))).await;
    submit_login(browser, EMAIL, PASSWORD).await;
    browser.wait_for_text(&format!("Signed in as {EMAIL}")).await;
}

/// Fills the form to sign in and submits it.
async fn submit_login(browser: &mut Browser, email: &str, password: &str) {
    browser.write("#sign-in [name=email]", email).await;
    browser.write("#sign-in [name=password]", password).await;
    browser.click("#sign-in button").await;
}

/// Opens a view by its link.
async fn go(browser: &mut Browser, view: &str) {
    browser.click(&format!("#views [href='?view={view}']")).await;
    browser.wait_for(&format!("location.search === '?view={view}'")).await;
}

/// Answers requests for a path with 429 within the browser, as the firewall does.
async fn refuse(browser: &mut Browser, path: &str) {
    let script = format!(
        "window.allowed ??= fetch;
         window.fetch = (url, options) => new URL(url, location).pathname.endsWith({})
             ? Promise.resolve(Response.json({{}}, {{status: 429, headers: {{'retry-after': '300'}}}}))
             : allowed(url, options);",
        json!(path)
    );
    browser.evaluate(&script).await;
}

/// Ends what [`refuse`] began.
async fn allow(browser: &mut Browser) {
    browser.evaluate("window.fetch = allowed; true").await;
}

/// Returns how many sessions there are.
async fn sessions(theater: &Theater) -> i64 {
    let mut db = theater.app.db().await;
    sqlx::query_scalar("SELECT count(*) FROM refresh_tokens").fetch_one(&mut db).await.unwrap()
}

/// Returns how many requests for a path the browser has sent.
fn requests(browser: &Browser, path: &str) -> usize {
    browser.requested().iter().filter(|url| url.ends_with(path)).count()
}
