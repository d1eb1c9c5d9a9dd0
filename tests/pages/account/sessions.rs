//! The list of sessions.

use super::*;

#[tokio::test]
async fn sessions_end_one_by_one_and_all_at_once() {
    let Some(mut browser) = Browser::start().await else { return };
    let theater = theater_with_reader(&[]).await;
    for _ in 0..3 {
        accounts::login(&theater.app, EMAIL, PASSWORD).await;
    }
    sign_in(&mut browser, &theater, "?view=sessions").await;
    browser.wait_for("document.querySelectorAll('#sessions li').length === 4").await;
    let first = browser.evaluate("document.querySelector('#sessions li').innerText").await;
    let first = first.as_str().unwrap();
    assert!(first.starts_with("This session") && first.contains("HeadlessChrome"), "{first}");
    assert!(!first.contains("End this session"), "one's own session ends by signing out: {first}");

    browser.click("#sessions button").await;
    browser.wait_for_text("The session has ended.").await;
    browser.wait_for("document.querySelectorAll('#sessions li').length === 3").await;
    assert_eq!(sessions(&theater).await, 3);

    // A session that has ended elsewhere in the meantime.
    let other = "DELETE FROM refresh_tokens WHERE coalesce(client, '') NOT LIKE '%Headless%'";
    sqlx::query(other).execute(&mut theater.app.db().await).await.unwrap();
    browser.click("#sessions button").await;
    browser.wait_for("document.querySelectorAll('#sessions li').length === 1").await;
    assert_eq!(browser.evaluate("document.querySelector('#end-others').hidden").await, true);

    accounts::login(&theater.app, EMAIL, PASSWORD).await;
    go(&mut browser, "sessions").await;
    browser.click("#end-others").await;
    browser.wait_for_text("All other sessions have ended.").await;
    assert_eq!(sessions(&theater).await, 1);
    theater.assert_content(&browser);
}
