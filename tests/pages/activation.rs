//! The page that the link in an activation mail opens.

use super::*;
use crate::support::{
    accounts::{self, PASSWORD},
    browser::Screen,
};

const EMAIL: &str = "reader+films@example.com";
const CHOSEN: &str = "AnotherPassword456#";

#[tokio::test]
async fn mailed_link_activates_account() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    accounts::register(&theater.app, EMAIL).await;
    let link = theater.mailed_link().await;

    browser.set_screen(Screen { size: Some((390, 500)), dark: true }).await;
    browser.open(&link).await;
    browser.wait_for_text(EMAIL).await;
    picture(&mut browser, "activation").await;
    let address = browser.evaluate("location.href").await;
    assert_eq!(address, theater.page("activate/"), "the address bar keeps no token");
    assert_eq!(
        accounts::login(&theater.app, EMAIL, PASSWORD).await.status,
        403,
        "opening the page activates nothing"
    );

    browser.click("#activate button").await;
    browser.wait_for_text("Your account is active.").await;
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 201);

    browser.open(&link).await;
    browser.click("#activate button").await;
    browser.wait_for_text("This link has been used, or is too old.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn expired_activation_link_offers_new_mail() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    accounts::register(&theater.app, EMAIL).await;
    let link = theater.mailed_link().await;
    let mut db = theater.app.db().await;
    sqlx::query("UPDATE activation_tokens SET expires_at = now()").execute(&mut db).await.unwrap();

    browser.open(&link).await;
    browser.click("#activate button").await;
    browser.wait_for_text("too old").await;
    let address = browser.evaluate("document.querySelector('#resend input').value").await;
    assert_eq!(address, EMAIL, "the form keeps the address");
    browser.click("#resend button").await;
    browser.wait_for_text("you will receive an email").await;

    // After a resend, the password of the registration may be another person's.
    browser.open(&theater.mailed_link().await).await;
    browser.wait_for_text("Anyone can register an address.").await;
    browser.click("#activate button").await;
    browser.wait_for_text("Choose a password.").await;
    browser.write("#password", "short").await;
    browser.click("#activate button").await;
    browser.wait_for_text("Password must contain at least 8 characters.").await;
    browser.write("#password", CHOSEN).await;
    browser.click("#activate button").await;
    browser.wait_for_text("Your account is active.").await;
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 401);
    assert_eq!(accounts::login(&theater.app, EMAIL, CHOSEN).await.status, 201);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn link_of_a_registration_offers_another_password() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    accounts::register(&theater.app, EMAIL).await;
    browser.open(&theater.mailed_link().await).await;
    browser.wait_for_text("I did not choose the password").await;
    browser.click("#choose").await;
    browser.wait_for_text("Anyone can register an address.").await;
    browser.click("#activate button").await;
    browser.wait_for_text("Choose a password.").await;
    browser.write("#password", CHOSEN).await;
    browser.press("Enter").await;
    browser.wait_for_text("Your account is active.").await;
    assert_eq!(accounts::login(&theater.app, EMAIL, CHOSEN).await.status, 201);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn pasted_token_activates_without_link_fragment() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    for (email, is_whole_link) in [(EMAIL, false), ("o’brien@example.com", true)] {
        accounts::register(&theater.app, email).await;
        let link = theater.mailed_link().await;
        let token = link.rsplit_once("token=").unwrap().1;

        browser.open("about:blank").await;
        browser.open(&theater.page("activate/")).await;
        browser.wait_for_text("Paste the token of your mail below").await;
        browser.write("#activate input[name=token]", &token[..20]).await;
        browser.click("#activate button").await;
        browser.wait_for_text("That is not the token of the mail.").await;
        let pasted = if is_whole_link {
            format!("\n{link}\n")
        } else {
            browser.write("#activate input[name=email]", email).await;
            format!(" \t{token}\n ")
        };
        browser.write("#activate input[name=token]", &pasted).await;
        if !is_whole_link {
            // It may be the token of a resend.
            browser.click("#activate button").await;
            browser.wait_for_text("Choose a password.").await;
            browser.write("#password", CHOSEN).await;
        }
        browser.click("#activate button").await;
        browser.wait_for_text("Your account is active.").await;
        let password = if is_whole_link { PASSWORD } else { CHOSEN };
        assert_eq!(accounts::login(&theater.app, email, password).await.status, 201);
    }
    theater.assert_content(&browser);
}

#[tokio::test]
async fn validation_errors_show_beside_fields() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    browser.open(&theater.page("activate/")).await;
    browser.write("#activate input[name=email]", "nobody").await;
    browser.write("#activate input[name=token]", &"x".repeat(43)).await;
    browser.write("#password", CHOSEN).await;
    browser.click("#activate button").await;
    browser.wait_for_text("value is not a valid email address").await;
    browser.write("#activate input[name=email]", EMAIL).await;
    browser.click("#activate button").await;
    browser.wait_for_text("This token has been used, or is too old.").await;
    browser.wait_for_text("Activate my account").await;
    let address = browser.evaluate("document.querySelector('#resend input').value").await;
    assert_eq!(address, EMAIL, "the address need not be typed twice");
    theater.assert_content(&browser);
}

#[tokio::test]
async fn damaged_link_shows_error() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    for fragment in ["", "#email=reader%40example.com", "#token=x", "#%ff&&=", "#email=&token="] {
        browser.open("about:blank").await;
        browser.open(&theater.page(&format!("activate{fragment}"))).await;
        browser.wait_for_text("The link is not complete.").await;
    }
    // The page shows markup as text, and leaves the validation of the address to the API.
    let markup = "<img src=x onerror=alert(1)>";
    browser.open(&theater.page("activate/#email=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&token=x")).await;
    browser.wait_for_text(markup).await;
    browser.click("#activate button").await;
    browser.wait_for_text("The link is damaged.").await;
    browser.click("#resend button").await;
    browser.wait_for_text("value is not a valid email address").await;
    browser.write("#resend input", "zoë@bücher.example").await;
    browser.press("Enter").await;
    browser.wait_for_text("you will receive an email").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn server_and_network_errors_show_clear_messages() {
    let Some(mut browser) = Browser::start().await else { return };
    let limited = Theater::with_settings(&[("RATE_LIMITS", "on"), ("MAIL_LIMIT", "1")]).await;
    browser.open(&limited.page("activate/")).await;
    browser.write("#resend input", EMAIL).await;
    browser.click("#resend button").await;
    browser.wait_for_text("you will receive an email").await;
    browser.open(&limited.page("activate")).await;
    browser.write("#resend input", EMAIL).await;
    browser.click("#resend button").await;
    browser.wait_for_text("Too many attempts. Try again in 15 minutes.").await;

    let broken = Theater::with_settings(&[("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none")]).await;
    browser.open(&broken.page("activate/#email=reader%40example.com&token=x")).await;
    browser.click("#activate button").await;
    browser.wait_for_text("Something went wrong here, not on your side.").await;

    // The form stays for a retry.
    drop(broken.site);
    browser.click("#activate button").await;
    browser.wait_for_text("The service gave no answer.").await;
    assert_eq!(browser.console_errors(), [""; 0]);
}
