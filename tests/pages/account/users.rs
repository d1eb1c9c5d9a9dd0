//! Accounts in the hands of admins.

use super::*;
use crate::support::browser::Screen;

const OTHER: &str = "other@example.com";

#[tokio::test]
async fn admin_finds_disables_and_enables_user() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    accounts::active(&theater.app, OTHER).await;
    grant(&theater, "admin").await;
    sign_in(&mut browser, &theater, "?view=users").await;
    browser.wait_for_text("2 found, page 1 of 1").await;
    browser.write("#filter [name=q]", "other").await;
    browser.press("Enter").await;
    browser.wait_for_text("1 found, page 1 of 1").await;

    browser.click(".rows .quiet").await;
    browser.click("dialog .quiet").await;
    browser.wait_for("!document.querySelector('dialog')").await;
    assert_eq!(accounts::login(&theater.app, OTHER, PASSWORD).await.status, 201, "not without a yes");
    browser.click(".rows .quiet").await;
    browser.click("#agree").await;
    browser.wait_for("document.querySelector('.rows p').innerText.includes('disabled')").await;
    assert_eq!(browser.evaluate("document.activeElement.innerText").await, "Enable");
    browser.set_screen(Screen { size: Some((1080, 540)), dark: false }).await;
    picture(&mut browser, "users").await;
    assert_eq!(accounts::login(&theater.app, OTHER, PASSWORD).await.status, 403);

    browser.choose("#filter [name=state]", "disabled").await;
    browser.click("#filter button").await;
    browser.wait_for_text("1 found, page 1 of 1").await;
    browser.click(".rows .quiet").await;
    browser.wait_for("!document.querySelector('.rows p').innerText.includes('disabled')").await;
    assert_eq!(accounts::login(&theater.app, OTHER, PASSWORD).await.status, 201);
    browser.click("#filter button").await;
    browser.wait_for_text("No users found.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn admin_changes_groups_but_one_admin_stays() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    accounts::active(&theater.app, OTHER).await;
    grant(&theater, "admin").await;
    sign_in(&mut browser, &theater, "?view=users").await;
    // The newest account is the first.
    browser.choose(".rows li:last-child [name=group]", "user").await;
    browser.click(".rows li:last-child button").await;
    browser.wait_for_text("The last admin cannot be demoted or disabled.").await;
    browser.choose(".rows [name=group]", "admin").await;
    browser.click(".rows button").await;
    browser.wait_for("document.querySelector('.rows p').innerText.includes('admin')").await;

    browser.choose(".rows li:last-child [name=group]", "user").await;
    browser.click(".rows li:last-child button").await;
    browser.wait_for("!document.querySelector('#views').innerText.includes('Users')").await;
    browser.wait_for("document.querySelector('#profile')").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn admin_reads_events_of_account() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    let other = accounts::active(&theater.app, OTHER).await;
    grant(&theater, "admin").await;
    sign_in(&mut browser, &theater, "?view=events").await;
    browser.wait_for("document.querySelector('.rows h2')?.innerText === 'login'").await;
    browser.write("#filter [name=user_id]", "nobody").await;
    browser.click("#filter button").await;
    browser.wait_for_text("Input should be a valid integer").await;
    browser.write("#filter [name=user_id]", &other.to_string()).await;
    browser.click("#filter button").await;
    browser.wait_for_text("2 found, page 1 of 1").await;
    let events =
        browser.evaluate("[...document.querySelectorAll('.rows h2')].map((event) => event.innerText).join()");
    assert_eq!(events.await, "account activated,account registered");
    theater.assert_content(&browser);
}
