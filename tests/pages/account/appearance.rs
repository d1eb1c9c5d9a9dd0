//! The page on a phone, in the dark, and by keyboard.

use super::*;
use crate::support::{browser::Screen, catalogue};

#[tokio::test]
async fn phone_shows_every_view_without_horizontal_scrolling() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    grant(&theater, "admin").await;
    let mut db = theater.app.db().await;
    let id = catalogue::movie(&mut db, &"Donaudampfschiff".repeat(15)).await;
    browser.set_screen(Screen { size: Some((320, 640)), dark: true }).await;
    let movie = format!("movie&id={id}");
    let views =
        ["sign-in", "register", "confirm-address", "profile", "sessions", "security", "data", "movies"];
    for (index, view) in [&views[..], &[&movie, "users", "events"]].concat().iter().enumerate() {
        browser.open(&theater.page(&format!("account/?view={view}"))).await;
        if index == 3 {
            submit_login(&mut browser, EMAIL, PASSWORD).await;
        }
        browser.wait_for("document.querySelector('#message').textContent !== 'One moment …'").await;
        let template = view.split('&').next().unwrap();
        let first = format!(
            "document.querySelector('#view').firstElementChild?.outerHTML.slice(0, 20)
             === document.querySelector('#{template}-view').content.firstElementChild.outerHTML.slice(0, 20)"
        );
        browser.wait_for(&first).await;
        let width = browser.evaluate("document.documentElement.scrollWidth").await;
        assert_eq!(width, 320, "{view}");
        let color = browser.evaluate("getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(color, "rgb(25, 22, 21)", "{view} is dark");
    }
    theater.assert_content(&browser);
}

#[tokio::test]
async fn every_field_has_a_name_and_focus_moves_with_views() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=security").await;
    let unnamed = "[document, ...[...document.querySelectorAll('template')].map((part) => part.content)]
                       .flatMap((part) => [...part.querySelectorAll('input, select, textarea')])
                       .filter((field) => !field.hidden && !field.closest('label')?.innerText.trim()
                           && !field.closest('label')?.textContent.trim())
                       .map((field) => field.outerHTML).join()";
    assert_eq!(browser.evaluate(unnamed).await, "");
    go(&mut browser, "sessions").await;
    browser.wait_for_text("This session").await;
    assert_eq!(browser.evaluate("document.activeElement.id").await, "heading");
    let role = browser.evaluate("document.querySelector('#message').role").await;
    assert_eq!(role, "status", "screen readers announce messages");
    theater.assert_content(&browser);
}
