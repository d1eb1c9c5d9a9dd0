//! Movies in the hands of moderators.

use super::*;
use crate::support::catalogue;

#[tokio::test]
async fn moderator_creates_changes_and_deletes_movie() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    grant(&theater, "moderator").await;
    sign_in(&mut browser, &theater, "?view=movies").await;
    browser.wait_for_text("No movies found.").await;
    browser.wait_for_text("(moderator)").await;

    browser.click("#view .button").await;
    for (field, value) in
        [("name", "<b>Heat</b>"), ("score", "101"), ("budget", "60000000.25"), ("revenue", "much")]
    {
        browser.write(&format!("#movie [name={field}]"), value).await;
    }
    browser.click("#movie button").await;
    browser.wait_for_text("fields need a change.").await;
    browser.wait_for_text("Input should be less than or equal to 100").await;
    browser.wait_for_text("unable to parse string as a number").await;
    assert_eq!(browser.evaluate("document.activeElement.name").await, "date");
    for (field, value) in [
        ("score", "83.5"),
        ("revenue", "187436818"),
        ("country", "us"),
        ("genres", "crime\n\n drama "),
        ("actors", "Al Pacino"),
    ] {
        browser.write(&format!("#movie [name={field}]"), value).await;
    }
    browser.choose("#movie [name=date]", "1995-12-15").await;
    browser.click("#movie button").await;
    browser.wait_for_text("<b>Heat</b> is saved.").await;
    let movie = theater.app.get("/api/v1/theater/movies/1/").await.json();
    assert_eq!(movie["budget"], 60_000_000.25);
    assert_eq!(movie["genres"][1]["name"], "Drama");
    assert_eq!(movie["country"]["code"], "US");

    // The form has what is stored, so that saving it changes nothing but what was typed.
    browser.click("#view .rows a").await;
    browser.write("#movie [name=name]", "Heat").await;
    browser.write("#movie [name=languages]", "English").await;
    browser.click("#movie button").await;
    browser.wait_for_text("Heat is saved.").await;
    let changed = theater.app.get("/api/v1/theater/movies/1/").await.json();
    assert_eq!((&changed["actors"], &changed["budget"]), (&movie["actors"], &movie["budget"]));
    assert_eq!(changed["languages"][0]["name"], "English");

    browser.click("#view .rows a").await;
    browser.click("#delete-movie").await;
    browser.wait_for("document.querySelector('dialog')?.open").await;
    browser.press("Escape").await;
    browser.wait_for("!document.querySelector('dialog')").await;
    browser.click("#delete-movie").await;
    browser.click("#agree").await;
    browser.wait_for_text("Heat is deleted.").await;
    assert_eq!(theater.app.get("/api/v1/theater/movies/1/").await.status, 404);
    theater.assert_content(&browser);
}

#[tokio::test]
async fn change_by_another_moderator_is_not_overwritten() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    grant(&theater, "moderator").await;
    let mut db = theater.app.db().await;
    let id = catalogue::movie(&mut db, "Heat").await;
    sign_in(&mut browser, &theater, &format!("?view=movie&id={id}")).await;
    browser.write("#movie [name=score]", "1").await;
    sqlx::query("UPDATE movies SET overview = 'Another one'").execute(&mut db).await.unwrap();
    browser.click("#movie button").await;
    browser.wait_for_text("The movie has changed since you read it.").await;
    browser.click("#reload").await;
    browser.wait_for("document.querySelector('[name=overview]')?.value === 'Another one'").await;
    sqlx::query("UPDATE movies SET overview = 'A third one'").execute(&mut db).await.unwrap();
    browser.click("#delete-movie").await;
    browser.click("#agree").await;
    browser.wait_for_text("The movie has changed since you read it.").await;
    browser.click("#reload").await;
    browser.wait_for("document.querySelector('[name=overview]')?.value === 'A third one'").await;
    browser.write("#movie [name=score]", "1").await;
    browser.click("#movie button").await;
    browser.wait_for_text("Heat is saved.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn movies_are_found_and_turned_by_pages() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    grant(&theater, "admin").await;
    catalogue::movies(&mut theater.app.db().await, 12).await;
    sign_in(&mut browser, &theater, "?view=movies").await;
    browser.wait_for_text("12 found, page 1 of 2").await;
    browser.click(".paging button:last-child").await;
    browser.wait_for_text("page 2 of 2").await;
    browser.wait_for_text("Movie 1").await;
    browser.write("#filter [name=q]", "Movie 12").await;
    browser.press("Enter").await;
    browser.wait_for_text("1 found, page 1 of 1").await;
    // Back from a movie to the list.
    browser.click("#view .rows a").await;
    browser.wait_for("document.querySelector('[name=name]')?.value === 'Movie 12'").await;
    browser.evaluate("history.back()").await;
    browser.wait_for_text("12 found, page 1 of 2").await;
    browser.open(&theater.page("account/?view=movie&id=999999")).await;
    browser.wait_for_text("Movie with the given ID was not found.").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn reader_has_no_views_of_moderators() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    sign_in(&mut browser, &theater, "?view=movies").await;
    browser.wait_for("document.querySelector('#views [aria-current]')?.innerText === 'Profile'").await;
    let views = browser.evaluate("document.querySelector('#views').innerText").await;
    assert!(!views.as_str().unwrap().contains("Movies"), "{views}");
    theater.assert_content(&browser);
}
