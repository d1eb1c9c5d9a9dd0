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
async fn failed_page_of_users_is_tried_again_with_its_filter() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sqlx::query(
        "INSERT INTO users (email, hashed_password, group_id)
         SELECT 'other' || number || '@example.com', 'x', 1 FROM generate_series(1, 30) AS number",
    )
    .execute(&mut theater.app.db().await)
    .await
    .unwrap();
    grant(&theater, "admin").await;
    sign_in(&mut browser, &theater, "?view=users").await;
    browser.write("#filter [name=q]", "other").await;
    browser.press("Enter").await;
    browser.wait_for_text("30 found, page 1 of 3").await;

    refuse(&mut browser, "/users/").await;
    browser.click(".paging button:last-child").await;
    browser.wait_for_text("Too many attempts.").await;
    allow(&mut browser).await;
    browser.click("#retry").await;
    browser.wait_for_text("30 found, page 2 of 3").await;
    assert_eq!(browser.evaluate("document.querySelector('#retry').hidden").await, true);

    // Without that button the next page is still the next one.
    refuse(&mut browser, "/users/").await;
    browser.click(".paging button:first-child").await;
    browser.wait_for_text("Too many attempts.").await;
    allow(&mut browser).await;
    browser.click(".paging button:last-child").await;
    browser.wait_for_text("30 found, page 3 of 3").await;
    assert_eq!(browser.evaluate("document.querySelector('#retry').hidden").await, true);
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
