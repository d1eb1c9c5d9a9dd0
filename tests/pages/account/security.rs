//! Changes of the password and of the address.

use super::*;

const NEW_EMAIL: &str = "moved@example.com";
const NEW_PASSWORD: &str = "AnotherPassword456#";

/// Requests a change of the address, and returns the link in the mail to the new one.
async fn request_change(browser: &mut Browser, theater: &Theater) -> String {
    browser.write("#change-address [name=email]", NEW_EMAIL).await;
    browser.write("#change-address [name=password]", PASSWORD).await;
    browser.click("#change-address button").await;
    browser.wait_for_text("If the address can be used, you will receive an email").await;
    let sent = theater.app.invoke("SendMail", json!({})).await.expect("mail is sent");
    assert_eq!(sent["sent"], 2, "{sent}");
    theater.sent_link(NEW_EMAIL)
}

#[tokio::test]
async fn password_change_ends_other_sessions() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    accounts::login(&theater.app, EMAIL, PASSWORD).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    browser.write("[name=old_password]", "WrongPassword123!").await;
    browser.write("[name=new_password]", "Password1!").await;
    browser.click("#change-password button").await;
    browser.wait_for_text("Password is too common.").await;
    browser.write("[name=new_password]", NEW_PASSWORD).await;
    browser.click("#change-password button").await;
    browser.wait_for_text("Invalid password.").await;
    assert!(!browser.text().await.contains("Password is too common."), "an old error goes");
    assert_eq!(sessions(&theater).await, 2);
    browser.write("[name=old_password]", PASSWORD).await;
    browser.click("#change-password button").await;
    browser.wait_for_text("Your password is changed, and all other sessions have ended.").await;
    assert_eq!(browser.evaluate("document.querySelector('[name=old_password]').value").await, "");
    assert_eq!(sessions(&theater).await, 1);
    assert_eq!(accounts::login(&theater.app, EMAIL, NEW_PASSWORD).await.status, 201);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn mailed_link_changes_address() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    let link = request_change(&mut browser, &theater).await;
    assert!(link.starts_with(&theater.page("account/#email=moved%40example.com&token=")), "{link}");

    // In the same tab, the session goes on with the new address.
    browser.open(&link).await;
    browser.wait_for_text("This makes moved@example.com the address of your account.").await;
    let address = browser.evaluate("location.href").await;
    assert_eq!(address, theater.page("account/?view=confirm-address"), "the address bar keeps no token");
    assert_eq!(accounts::login(&theater.app, EMAIL, PASSWORD).await.status, 201, "opening changes nothing");
    browser.click("#confirm-address button").await;
    browser.wait_for_text("Your address is changed.").await;
    browser.wait_for_text("Signed in as moved@example.com").await;
    assert_eq!(accounts::login(&theater.app, NEW_EMAIL, PASSWORD).await.status, 201);

    browser.click("#sign-out").await;
    browser.wait_for_text("You are signed out.").await;
    browser.open(&link).await;
    browser.click("#confirm-address button").await;
    browser.wait_for_text("This token has been used, or is too old.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn pasted_token_changes_address_without_session() {
    let Some(mut browser) = Browser::start().await else { return };
    for is_whole_link in [true, false] {
        let theater = theater_with_reader(&[]).await;
        sign_in(&mut browser, &theater, "?view=security").await;
        let link = request_change(&mut browser, &theater).await;
        let token = link.rsplit_once("token=").unwrap().1;
        browser.click("#sign-out").await;
        browser.wait_for_text("You are signed out.").await;

        browser.open(&theater.page("account/?view=confirm-address")).await;
        browser.write("[name=token]", &token[..20]).await;
        browser.click("#confirm-address button").await;
        browser.wait_for_text("That is not the token of the mail.").await;
        let pasted = if is_whole_link { format!("\n{link} ") } else { format!(" {token}\n") };
        browser.write("[name=token]", &pasted).await;
        browser.click("#confirm-address button").await;
        browser.wait_for_text("Your address is changed.").await;
        submit_login(&mut browser, NEW_EMAIL, PASSWORD).await;
        browser.wait_for_text("Signed in as moved@example.com").await;
        assert_eq!(browser.console_errors(), [""; 0]);
    }
}
