//! Registering, signing in and out.

use super::*;

#[tokio::test]
async fn visitor_registers_activates_signs_in_and_out() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;

    // A stage also works without the trailing slash.
    browser.open(&theater.page("account")).await;
    go(&mut browser, "register").await;
    browser.write("#register [name=email]", "reader@").await;
    browser.write("#register [name=password]", "short").await;
    browser.click("#register button").await;
    browser.wait_for_text("2 fields need a change.").await;
    browser.wait_for_text("There must be something after the @-sign.").await;
    browser.wait_for_text("Password must contain at least 8 characters.").await;
    let invalid = "[...document.querySelectorAll('[aria-invalid=true]')].map((field) => field.name + ' '
            + field.getAttribute('aria-describedby')).join() + ' ' + document.activeElement.name";
    let invalid = browser.evaluate(invalid).await;
    assert_eq!(invalid, "email email-fault,password rules password-fault email");

    browser.write("#register [name=email]", EMAIL).await;
    browser.write("#register [name=password]", PASSWORD).await;
    browser.press("Enter").await;
    browser.wait_for_text("A mail to reader@example.com is on its way.").await;
    submit_login(&mut browser, EMAIL, PASSWORD).await;
    browser.wait_for_text("User account is not activated.").await;

    browser.open(&theater.mailed_link().await).await;
    browser.click("#activate button").await;
    browser.wait_for_text("Your account is active.").await;

    // A view that needs a session opens after signing in.
    browser.open(&theater.page("account/?view=security")).await;
    submit_login(&mut browser, EMAIL, "WrongPassword123!").await;
    browser.wait_for_text("Invalid email or password.").await;
    browser.click("[data-reveals]").await;
    assert_eq!(browser.evaluate("document.querySelector('[name=password]').type").await, "text");
    submit_login(&mut browser, EMAIL, PASSWORD).await;
    browser.wait_for_text("Signed in as reader@example.com").await;
    browser.wait_for("document.querySelector('#change-password')").await;
    assert_eq!(browser.evaluate("document.title").await, "Password and address · Movie Theater");

    browser.reload().await;
    browser.wait_for("document.querySelector('#change-password')").await;
    assert_eq!(sessions(&theater).await, 1, "a reload keeps the session");

    browser.click("#sign-out").await;
    browser.wait_for_text("You are signed out.").await;
    browser.wait_for("document.querySelector('#sign-in')").await;
    assert_eq!(browser.evaluate("sessionStorage.length").await, 0);
    assert_eq!(sessions(&theater).await, 0);
    assert!(!browser.text().await.contains("Signed in as"));
    theater.assert_content(&browser);
}

#[tokio::test]
async fn taken_address_shows_why_registration_fails() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    browser.open(&theater.page("account/?view=register")).await;
    browser.write("#register [name=email]", EMAIL).await;
    browser.write("#register [name=password]", PASSWORD).await;
    browser.click("#register button").await;
    browser.wait_for_text("A user with this email reader@example.com already exists.").await;
    assert_eq!(browser.evaluate("document.activeElement.id").await, "message");
    theater.assert_content(&browser);
}

#[tokio::test]
async fn repeated_submission_sends_one_request() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    browser.open(&theater.page("account/")).await;
    browser.write("#sign-in [name=email]", EMAIL).await;
    browser.write("#sign-in [name=password]", PASSWORD).await;
    browser
        .evaluate("for (let times = 0; times < 3; times += 1) document.querySelector('form').requestSubmit()")
        .await;
    browser.wait_for_text("Signed in as").await;
    assert_eq!(requests(&browser, "/login/"), 1);
    assert_eq!(sessions(&theater).await, 1);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn lost_connection_keeps_session_and_offers_retry() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    browser.set_offline(true).await;
    go(&mut browser, "sessions").await;
    browser.wait_for_text("The service gave no answer.").await;
    browser.set_offline(false).await;
    browser.click("#retry").await;
    browser.wait_for_text("This session").await;
    assert_eq!(browser.evaluate("document.querySelector('#retry').hidden").await, true);

    browser.set_offline(true).await;
    browser.click("#sign-out").await;
    browser.wait_for_text("You are signed out here, but the service did not confirm it.").await;
    assert_eq!(browser.evaluate("sessionStorage.length").await, 0);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn refused_requests_keep_the_way_out_and_are_not_taken_for_success() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    browser.open(&theater.page("account/")).await;
    refuse(&mut browser, "/me/").await;
    submit_login(&mut browser, EMAIL, PASSWORD).await;
    browser.wait_for_text("Too many attempts. Try again in 5 minutes.").await;
    allow(&mut browser).await;
    browser.click("#retry").await;
    browser.wait_for_text(&format!("Signed in as {EMAIL}")).await;
    browser.reload().await;
    browser.wait_for_text(&format!("Signed in as {EMAIL}")).await;

    refuse(&mut browser, "/logout/").await;
    browser.click("#sign-out").await;
    browser.wait_for_text("You are signed out here, but the service did not confirm it.").await;
    assert_eq!(sessions(&theater).await, 1);
    theater.assert_content(&browser);
}
