//! The page for resetting a forgotten password.

use super::*;
use crate::support::accounts::{self, PASSWORD};

const EMAIL: &str = "reader@example.com";
const NEW_PASSWORD: &str = "AnotherPassword456#";

/// Starts a site with an active account and no queued mail.
async fn theater_with_reader() -> Theater {
    let theater = Theater::start().await;
    accounts::active(&theater.app, EMAIL).await;
    let mut db = theater.app.db().await;
    sqlx::query("DELETE FROM mail_outbox").execute(&mut db).await.unwrap();
    theater
}

#[tokio::test]
async fn mailed_link_resets_password() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader().await;
    browser.open(&theater.page("reset-password")).await;
    browser.write("#request input", EMAIL).await;
    browser.press("Enter").await;
    browser.wait_for_text("you will receive an email").await;
    let link = theater.mailed_link().await;

    browser.open(&link).await;
    assert_eq!(browser.evaluate("location.href").await, theater.page("reset-password/"));
    browser.write("#password", "short").await;
    browser.click("#reset button").await;
    browser.wait_for_text("Password must contain at least 8 characters.").await;
    assert_eq!(browser.evaluate("document.querySelector('#password').type").await, "password");
    browser.click("#show").await;
    assert_eq!(browser.evaluate("document.querySelector('#password').type").await, "text");
    browser.write("#password", NEW_PASSWORD).await;
    browser.click("#reset button").await;
    browser.wait_for_text("Your password is changed").await;
    assert_eq!(browser.evaluate("document.querySelector('#password').value").await, "");
    assert_eq!(accounts::login(&theater.app, EMAIL, NEW_PASSWORD).await.status, 201);
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 401);

    // The notice of the change links to the form that requests a new link.
    assert_eq!(theater.mailed_link().await, theater.page("reset-password/"));
    browser.open(&link).await;
    browser.write("#password", NEW_PASSWORD).await;
    browser.click("#reset button").await;
    browser.wait_for_text("This link has been used, or is too old.").await;
    browser.click("#request button").await;
    browser.wait_for_text("you will receive an email").await;
    assert!(theater.mailed_link().await.contains("#email=reader%40example.com&token="));
    theater.assert_content(&browser);
}

#[tokio::test]
async fn pasted_token_resets_password() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader().await;
    browser.open(&theater.page("reset-password/")).await;
    browser.write("#request input", EMAIL).await;
    browser.press("Enter").await;
    browser.wait_for_text("you will receive an email").await;
    let link = theater.mailed_link().await;

    browser.open("about:blank").await;
    browser.open(&theater.page("reset-password/")).await;
    browser.write("#request input", EMAIL).await;
    browser.click("#paste").await;
    let token = link.rsplit_once("token=").unwrap().1;
    browser.write("#reset input[name=token]", &token[1..]).await;
    browser.write("#password", NEW_PASSWORD).await;
    browser.click("#reset button").await;
    browser.wait_for_text("That is not the token of the mail.").await;
    browser.write("#reset input[name=token]", &format!("\n {token}\n")).await;
    browser.click("#reset button").await;
    browser.wait_for_text("Your password is changed").await;
    assert_eq!(accounts::login(&theater.app, EMAIL, NEW_PASSWORD).await.status, 201);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn reset_errors_show_where_they_can_be_corrected() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader().await;
    browser.open(&theater.page("reset-password/#email=nobody&token=x")).await;
    browser.write("#password", NEW_PASSWORD).await;
    browser.click("#reset button").await;
    browser.wait_for_text("The link is damaged.").await;
    browser.click("#request button").await;
    browser.wait_for_text("value is not a valid email address").await;

    // Another link in the same tab resets the page.
    browser.open(&theater.page("reset-password/#email=reader%40example.com&token=wrong")).await;
    browser.write("#password", NEW_PASSWORD).await;
    browser.click("#reset button").await;
    browser.wait_for_text("This link has been used, or is too old.").await;
    assert_eq!(browser.evaluate("document.querySelector('#request input').value").await, EMAIL);
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 201, "nothing has changed");
    theater.assert_content(&browser);
}
