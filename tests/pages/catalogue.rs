//! The catalogue in a browser.

use super::*;
use crate::support::{browser::Screen, catalogue};

#[tokio::test]
async fn catalogue_opens_pages_and_movies() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    catalogue::movies(&mut theater.app.db().await, 30).await;

    // A stage also works without the trailing slash.
    browser.open(&theater.site.url).await;
    browser.wait_for_text("30 movies, page 1 of 3").await;
    browser.wait_for_text("Movie 30").await;
    browser.click("#next").await;
    browser.wait_for_text("30 movies, page 2 of 3").await;
    browser.click("#next").await;
    browser.wait_for_text("page 3 of 3").await;
    assert_eq!(browser.evaluate("document.querySelector('#next').hidden").await, true);
    browser.evaluate("history.back()").await;
    browser.wait_for_text("page 2 of 3").await;

    browser.click("#movies a").await;
    browser.wait_for("document.querySelector('dialog').open").await;
    let shown = browser.evaluate("document.querySelector('dialog').innerText").await;
    for text in ["Movie 18", "About it", "April 25, 2001", "80 of 100", "Released"] {
        assert!(shown.as_str().unwrap().contains(text), "{text} is not in {shown}");
    }
    let link = browser.evaluate("location.href").await;
    browser.press("Escape").await;
    browser.wait_for("!document.querySelector('dialog').open").await;
    browser.wait_for_text("page 2 of 3").await;

    // The URL of a movie opens it, on its page of the list.
    browser.open("about:blank").await;
    browser.open(link.as_str().unwrap()).await;
    browser.wait_for("document.querySelector('dialog').open").await;
    browser.wait_for_text("page 2 of 3").await;
    browser.click("dialog button").await;
    browser.wait_for("!document.querySelector('dialog').open").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn catalogue_searches_movies() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    theater.app.invoke("Manage", json!({"command": "import"})).await.expect("the seed catalogue is imported");
    browser.set_screen(Screen { size: Some((1080, 680)), dark: false }).await;
    browser.open(&theater.page("")).await;
    browser.wait_for_text("movies, page 1 of").await;

    browser.write("[name=q]", "Samurai").await;
    browser.press("Enter").await;
    browser.wait_for_text("Seven Samurai").await;
    browser.wait_for("document.querySelectorAll('#movies li').length < 12").await;
    let found = browser.evaluate("document.querySelectorAll('#movies li').length").await;
    assert!(found.as_u64().is_some_and(|found| found > 0), "{found}");

    // The genre with the most movies has more than one page; the next page keeps the filters.
    browser.write("[name=q]", "").await;
    browser.wait_for("document.querySelectorAll('[name=genre] option').length > 5").await;
    let choose = "document.querySelector('[name=sort]').value = '-score';
                  document.activeElement.blur();
                  const genre = document.querySelector('[name=genre]');
                  genre.value = 'Drama';
                  genre.dispatchEvent(new Event('change'))";
    browser.evaluate(choose).await;
    browser.wait_for("new URLSearchParams(location.search).get('genre') === 'Drama'").await;
    browser.wait_for("/page 1 of [1-9][0-9]/.test(document.querySelector('#message').textContent)").await;
    picture(&mut browser, "catalogue").await;
    let first = browser.evaluate("document.querySelector('#movies li').innerText").await;
    browser.click("#next").await;
    browser.wait_for_text("page 2 of").await;
    assert_ne!(browser.evaluate("document.querySelector('#movies li').innerText").await, first);
    let address = browser.evaluate("location.search").await;
    for part in ["genre=Drama", "sort=-score", "page=2"] {
        assert!(address.as_str().unwrap().contains(part), "{part} is not in {address}");
    }
    browser.click("#movies a").await;
    browser.wait_for("document.querySelector('dialog').open").await;
    let shown = browser.evaluate("document.querySelector('dialog').innerText").await;
    assert!(shown.as_str().unwrap().contains("Drama"), "{shown}");
    theater.assert_content(&browser);
}

#[tokio::test]
async fn catalogue_reports_missing_movies_and_pages() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    browser.open(&theater.page("")).await;
    browser.wait_for_text("No movies found.").await;
    catalogue::movie(&mut theater.app.db().await, "<b>Heat</b>").await;
    browser.open(&theater.page("?page=7")).await;
    browser.wait_for_text("No movies found.").await;
    browser.click("#previous").await;
    browser.wait_for_text("1 movie, page 1 of 1").await;
    browser.wait_for_text("<b>Heat</b>").await;
    for movie in ["999999", "x", "../../accounts/me"] {
        browser.open(&theater.page(&format!("?movie={movie}"))).await;
        browser.wait_for("document.querySelector('dialog').open").await;
        browser.wait_for_text("No such movie").await;
    }
    theater.assert_content(&browser);
}

#[tokio::test]
async fn phone_shows_pages_without_horizontal_scrolling() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    catalogue::movie(&mut theater.app.db().await, &"Donaudampfschiff".repeat(15)).await;
    browser.set_screen(Screen { size: Some((320, 640)), dark: true }).await;
    for path in ["", "activate/", "activate/#email=reader%40example.com&token=x", "reset-password/"] {
        browser.open(&theater.page(path)).await;
        if path.is_empty() {
            browser.wait_for_text("1 movie").await;
        }
        let width = browser.evaluate("document.documentElement.scrollWidth").await;
        assert_eq!(width, 320, "{path}");
        let color = browser.evaluate("getComputedStyle(document.body).backgroundColor").await;
        assert_eq!(color, "rgb(25, 22, 21)", "{path} is dark");
    }
    theater.assert_content(&browser);
}

#[tokio::test]
async fn typing_suggests_movies_and_actors() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    theater.app.invoke("Manage", json!({"command": "import"})).await.expect("the seed catalogue is imported");
    browser.open(&theater.page("")).await;
    browser.wait_for_text("movies, page 1 of").await;

    // What a failed request left out is searched again.
    let refuse = "window.refused = new Promise((done) => {
                      const [allowed, left] = [fetch, ['actors', 'movies']];
                      window.fetch = async () => {
                        left.pop();
                        if (!left.length) done(window.fetch = allowed);
                        return Response.json({}, {status: 503});
                      };
                  })";
    browser.evaluate(&format!("{refuse}, true")).await;
    browser.write("[name=q]", "incepti").await;
    browser.evaluate("refused.then(() => true)").await;

    // Seven letters without a pause make one search for movies and one for actors.
    let typing = "const field = document.querySelector('[name=q]');
                  for (const end of [1, 2, 3, 4, 5, 6, 7]) {
                    field.value = 'incepti'.slice(0, end);
                    field.dispatchEvent(new Event('input', { bubbles: true }));
                  }
                  field.focus()";
    browser.evaluate(typing).await;
    browser.wait_for("document.querySelector('[role=option]')?.innerText.startsWith('Inception')").await;
    let searches = browser.requested().iter().filter(|url| url.contains("q=")).count();
    assert_eq!(searches, 2);
    assert_eq!(browser.evaluate("document.querySelector('[name=q]').ariaExpanded").await, "true");
    picture(&mut browser, "suggestions").await;
    browser.press("ArrowDown").await;
    browser.press("Enter").await;
    browser.wait_for("document.querySelector('dialog').open").await;
    browser.wait_for("document.querySelector('#title').innerText === 'Inception'").await;

    // A name in the movie leads to its actor.
    browser.click("#facts a[href*='actor=']").await;
    browser.wait_for("!document.querySelector('dialog').open").await;
    browser.wait_for("document.querySelector('#heading').innerText !== 'Movies'").await;
    browser.wait_for_text("Inception").await;
    let name = browser.evaluate("document.querySelector('#heading').innerText").await;
    browser.click("#back a").await;
    browser.wait_for_text("movies, page 1 of").await;

    // A suggestion leads to its actor too.
    browser.write("[name=q]", &name.as_str().unwrap().to_lowercase()).await;
    browser.wait_for("document.querySelector('[role=option] small')?.innerText === 'Actor'").await;
    browser.click("[role=option]").await;
    browser.wait_for(&format!("document.querySelector('#heading').innerText === {}", name)).await;
    browser.wait_for_text("Inception").await;
    theater.assert_content(&browser);
}

#[tokio::test]
async fn filters_narrow_the_list_and_stay_in_the_address() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = Theater::start().await;
    theater.app.invoke("Manage", json!({"command": "import"})).await.expect("the seed catalogue is imported");
    browser.open(&theater.page("?language=Japanese&country=JP&year_from=1950&year_to=1959")).await;
    browser.wait_for_text("Seven Samurai").await;
    let shown =
        browser.evaluate("[...new FormData(document.querySelector('#search')).values()].join()").await;
    assert_eq!(shown, ",,Japanese,JP,1950,1959,");
    let years = "[...document.querySelectorAll('#movies li p:first-of-type')].map((part) => part.innerText)";
    let years = browser.evaluate(years).await;
    assert!(
        years.as_array().unwrap().iter().all(|year| year.as_str().unwrap().starts_with("195")),
        "{years}"
    );

    browser.write("[name=year_to]", "1953").await;
    browser.press("Enter").await;
    browser.wait_for("location.search.includes('year_to=1953')").await;
    browser.wait_for("!document.querySelector('#movies').innerText.includes('Seven Samurai')").await;
    browser.open(&theater.page("?actor=999999999")).await;
    browser.wait_for_text("No such actor").await;
    browser.click("#back a").await;
    browser.wait_for_text("movies, page 1 of").await;
    theater.assert_content(&browser);
}
